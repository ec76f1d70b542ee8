using System.Globalization;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts;

/// <summary>Pages of versions, whose position is a number.</summary>
internal static class PagingNumbers
{
    /// <summary>The number a page begins after; 0 for the first.</summary>
    public static int Number(this Paging paging) => paging.Position(1) is not { } p ? 0
        : int.TryParse(p[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
}
