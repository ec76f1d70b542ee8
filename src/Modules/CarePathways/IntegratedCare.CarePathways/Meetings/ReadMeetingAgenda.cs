using FluentValidation;
using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.CarePathways.Meetings;

/// <summary>
/// A practice's agenda for its next multidisciplinary meeting: who is new, due, breached or was admitted, of the episodes the caller may see.
/// </summary>
internal sealed class ReadMeetingAgenda(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<ReadMeetingAgenda.Request, Ok<Page<AgendaItem>>>
{
    /// <param name="Practice">The practice's ODS code.</param>
    internal sealed record Request(string Practice);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Practice).OptionalOrganisation();
    }

    public override void Configure()
    {
        Get("/v1/care-pathways/agenda");
        Access(CarePathwaysScopes.Read, [Purposes.DirectCare, Purposes.Operations], personLevel: true);
        Paged();
    }

    public override async Task<Ok<Page<AgendaItem>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (now, after, take) = (session.Now, Paging.Id() ?? Guid.Empty, Paging.Take);
        var rows = new List<AgendaItem>();
        // Whether an episode is on the agenda is computed, not queried: read on until the page is full.
        while (rows.Count <= take)
        {
            var filter = access.Visible().And($"d.practice = {request.Practice}").And($"d.status = {nameof(EpisodeStatus.Active)}").And($"d.id > {after}");
            var batch = await session.SelectAsync<Episode>($"{filter.ForDocuments} order by d.id limit {take + 1}", ct, filter.Values);
            var clocks = await session.ClocksOfAsync(batch.Select(e => e.Id), ct);
            rows.AddRange(batch.Select(e => AgendaItem.Of(e, Agenda.Reasons(e, clocks[e.Id], now))).Where(i => i.Reasons.Count > 0));
            if (batch.Count <= take)
                break;
            after = batch[^1].Id;
        }

        rows = rows.GetRange(0, Math.Min(rows.Count, take + 1));
        var shown = rows.Take(take).ToList();
        await session.AuditReadAsync(HttpContext, [.. shown.Select(i => i.PersonId).Distinct()], shown.Count, ct);
        return Paging.Answer(HttpContext, rows, i => [i.EpisodeId.ToString()]);
    }
}

/// <param name="DueAt">When the next clock runs out, or ran out.</param>
/// <param name="Admissions">Emergency admissions since the person was last discussed.</param>
internal sealed record AgendaItem(
    Guid EpisodeId, string Pathway, Guid PersonId, string Stage, string? Tier, IReadOnlyList<AgendaReason> Reasons, DateTimeOffset? DueAt, KeyWorker? KeyWorker,
    IReadOnlyList<AdmissionView> Admissions)
{
    public static AgendaItem Of(Episode e, IReadOnlyList<AgendaReason> reasons) => new(
        e.Id, e.Pathway, e.PersonId, e.Stage, e.Tier, reasons, e.DueAt, e.KeyWorker, [.. Agenda.AdmittedSince(e).Select(AdmissionView.Of)]);
}
