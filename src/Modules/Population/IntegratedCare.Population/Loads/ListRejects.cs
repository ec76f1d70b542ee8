using System.Globalization;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Loads;

/// <summary>
/// The rejected lines of a load, to be corrected and sent again: those of the caller's organisation, and of events also of those it posts
/// for, whoever sent them. A line of which nobody can tell whose it is shows to the client that sent it.
/// </summary>
internal sealed class ListRejects(PopulationSession session, AccessContext access) : CareEndpoint<Ok<Page<RejectedLine>>>
{
    public override void Configure()
    {
        Get("/v1/population/loads/{id:guid}/rejects");
        Access(PopulationScopes.Read, [Purposes.Operations, Purposes.DirectCare], personLevel: true);
        Paged();
    }

    protected override async Task<Ok<Page<RejectedLine>>> HandleAsync(CancellationToken ct)
    {
        // The lines contain personal data exactly as it was sent.
        AccessTable.RequireOwnRecords(access);
        var after = Paging.Position(1) is [var text] && long.TryParse(text, out var line) ? line : 0;
        var rows = await session.ListRejectsAsync(access, Id, (Id, after), Paging.Take + 1, ct);
        if (rows.Count == 0 && await session.FindLoadAsync(Id, access, ct) is null)
            throw Problems.Missing();
        await session.AuditLinesAsync(HttpContext, [.. rows.Take(Paging.Take)], ct);
        return Paging.Answer(HttpContext, rows, r => [r.Line.ToString(CultureInfo.InvariantCulture)]);
    }
}
