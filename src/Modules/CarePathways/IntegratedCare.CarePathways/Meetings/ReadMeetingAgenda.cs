using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.CarePathways.Features;

internal sealed class ReadMeetingAgenda : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/agenda", HandleAsync)
        .Access(Scopes.CarePathwaysRead, [Purposes.DirectCare, Purposes.Operations], personLevel: true)
        .WithSummary("A practice's agenda for its next multidisciplinary meeting: who is new, due, breached or was admitted, of the episodes the caller may see.");

    private static async Task<Ok<Page<AgendaItem>>> HandleAsync(
        string practice, [AsParameters] Paging paging, HttpContext http, EpisodeDesk desk, CarePathwaysDb db, CancellationToken ct)
    {
        if (!TextRules.IsOrganisation(practice))
            throw Problems.Invalid("/practice", "An ODS code.");
        var episodes = desk.Visible().AsNoTracking().Include(e => e.ClockRows).Where(e => e.Practice == practice && e.Status == EpisodeStatus.Active);
        var after = paging.Id();
        var rows = new List<AgendaItem>();
        // Whether somebody is on the agenda is decided by the episode as a whole: read on until the page is full.
        while (rows.Count <= paging.Take)
        {
            var batch = await episodes.Where(e => after == null || e.Id > after).OrderBy(e => e.Id).Take(paging.Take + 1).ToListAsync(ct);
            rows.AddRange(batch.Select(e => AgendaItem.Of(e, Agenda.Reasons(e, desk.Now))).Where(i => i.Reasons.Count > 0));
            if (batch.Count <= paging.Take)
                break;
            after = batch[^1].Id;
        }

        rows = rows.GetRange(0, Math.Min(rows.Count, paging.Take + 1));
        var shown = rows.Take(paging.Take).ToList();
        await db.AuditReadAsync(http, [.. shown.Select(i => i.PersonId).Distinct()], shown.Count, ct);
        return paging.Answer(http, rows, i => [i.EpisodeId.ToString()]);
    }
}

/// <param name="DueAt">When the next clock runs out, or ran out.</param>
/// <param name="Admissions">Emergency admissions since the person was last discussed.</param>
internal sealed record AgendaItem(
    Guid EpisodeId, string Pathway, Guid PersonId, string Stage, string? Tier, IReadOnlyList<AgendaReason> Reasons, DateTimeOffset? DueAt, KeyWorker? KeyWorker,
    IReadOnlyList<AdmissionView> Admissions)
{
    public static AgendaItem Of(Episode e, IReadOnlyList<AgendaReason> reasons) => new(
        e.Id, e.Pathway, e.PersonId, e.Stage, e.Document.Tier, reasons, e.DueAt, e.Document.KeyWorker,
        [.. Agenda.AdmittedSince(e).Select(a => new AdmissionView(a.Start, a.End, a.Provider))]);
}
