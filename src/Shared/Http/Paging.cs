using System.Buffers.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace IntegratedCare.Shared.Http;

/// <summary>One page of a collection, in keyset order; <paramref name="Next"/> is the cursor of the next page, if there is one.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>The paging parameters of a request for a collection.</summary>
public readonly record struct Paging(string? Cursor, int? Limit)
{
    public const int Default = 50;
    public const int Max = 1000;

    /// <summary>The page that a request asks for.</summary>
    public static Paging Of(HttpContext http)
    {
        var (cursor, limit) = (http.Request.Query["cursor"].ToString(), http.Request.Query["limit"].ToString());
        if (limit.Length == 0)
            return new Paging(cursor, null);
        return int.TryParse(limit, System.Globalization.CultureInfo.InvariantCulture, out var rows) ? new Paging(cursor, rows)
            : throw Problems.Invalid("/limit", "Missing, or not of the type this parameter takes.");
    }

    /// <summary>How many rows to answer with (1 to 1,000).</summary>
    public int Take => Limit switch
    {
        null => Default,
        >= 1 and <= Max => Limit.Value,
        _ => throw Problems.Invalid("/limit", $"Between 1 and {Max}."),
    };

    /// <summary>The keyset position the cursor holds, or null for the first page.</summary>
    public string[]? Position(int parts)
    {
        if (string.IsNullOrEmpty(Cursor))
            return null;
        try
        {
            var position = JsonSerializer.Deserialize<string[]>(Base64Url.DecodeFromChars(Cursor));
            if (position?.Length == parts && position.All(p => p is not null))
                return position;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
        }

        throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
    }

    /// <summary>As <see cref="Position(int)"/> for a keyset of one id.</summary>
    public Guid? Id() => Position(1) is not { } p ? null
        : Guid.TryParse(p[0], out var id) ? id : throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);

    /// <summary>
    /// Makes the page from up to <see cref="Take"/> + 1 rows: the extra row only shows that there is a next page.
    /// Sets the <c>Link</c> header.
    /// </summary>
    public Ok<Page<T>> Answer<T>(HttpContext http, IReadOnlyList<T> rows, Func<T, string[]> position)
    {
        if (rows.Count <= Take)
            return TypedResults.Ok(new Page<T>(rows, null));
        var items = rows.Take(Take).ToList();
        var next = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(position(items[^1])));
        var query = string.Join('&', http.Request.Query.Where(q => q.Key != "cursor")
            .SelectMany(q => q.Value, (q, v) => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(v ?? "")}").Append($"cursor={next}"));
        http.Response.Headers.Link = $"<{http.Request.Path}?{query}>; rel=\"next\"";
        return TypedResults.Ok(new Page<T>(items, next));
    }
}
