using System.Globalization;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Loads;

/// <summary>
/// All rejected lines of the caller's organisation, and of events also of those it posts for, of the latest load first: also of loads that
/// another organisation's client has sent for it.
/// </summary>
internal sealed class ListRejectedLines(PopulationSession session, AccessContext access) : CareEndpoint<Ok<Page<RejectedLine>>>
{
    public override void Configure()
    {
        Get("/v1/population/rejected-lines");
        Access(PopulationScopes.Read, [Purposes.Operations, Purposes.DirectCare], personLevel: true);
        Paged();
    }

    protected override async Task<Ok<Page<RejectedLine>>> HandleAsync(CancellationToken ct)
    {
        AccessTable.RequireOwnRecords(access);
        (Guid, long)? after = Paging.Position(2) is not [var load, var line] ? null
            : Guid.TryParse(load, out var id) && long.TryParse(line, out var number) ? (id, number)
            : throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
        var rows = await session.ListRejectsAsync(access, null, after, Paging.Take + 1, ct);
        await session.AuditLinesAsync(HttpContext, [.. rows.Take(Paging.Take)], ct);
        return Paging.Answer(HttpContext, rows, r => [r.LoadId.ToString(), r.Line.ToString(CultureInfo.InvariantCulture)]);
    }
}
