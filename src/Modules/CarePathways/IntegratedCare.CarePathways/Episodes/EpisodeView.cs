using IntegratedCare.CarePathways.Assessments;
using IntegratedCare.CarePathways.CarePlans;
using IntegratedCare.CarePathways.Meetings;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>An episode as its team sees it.</summary>
internal sealed record EpisodeView(
    Guid Id,
    long Version,
    string Pathway,
    int PathwayVersion,
    Guid PersonId,
    string Practice,
    string? PracticeName,
    string? Locality,
    EpisodeStatus Status,
    string Stage,
    string Reason,
    string? Tier,
    DateTimeOffset ProposedAt,
    DateTimeOffset? DueAt,
    Baton Baton,
    BatonOffer? Handover,
    string? Partner,
    KeyWorker? KeyWorker,
    IReadOnlyList<TeamMember> Team,
    IReadOnlyList<AssessmentView> Assessments,
    IReadOnlyList<Meeting> Meetings,
    CarePlan? Plan,
    IReadOnlyList<CarePlan> EarlierPlans,
    IReadOnlyList<PlanReview> Reviews,
    IReadOnlyList<AdmissionView> Admissions,
    EndingView? Ending,
    IReadOnlyList<HistoryEntry> History)
{
    /// <summary>The answer with one episode; writes the audit record of the read.</summary>
    public static async Task<OkVersioned<EpisodeView>> AnswerAsync(CarePathwaysSession session, HttpContext http, Episode episode, CancellationToken ct)
    {
        await session.AuditReadAsync(http, [episode.PersonId], 1, ct);
        var known = await session.OrganisationsAsync([episode.Practice], ct);
        return Answers.Ok(Of(episode, known.GetValueOrDefault(episode.Practice)?.DisplayName), episode.Version);
    }

    private static EpisodeView Of(Episode e, string? practiceName) => new(
        e.Id, e.Version, e.Pathway, e.PathwayVersion, e.PersonId, e.Practice, practiceName, e.Locality, e.Status, e.Stage, e.Reason, e.Tier,
        e.ProposedAt, e.DueAt, e.Baton, e.Offer, e.Partner, e.KeyWorker, e.Team, [.. e.Assessments.Select(AssessmentView.Of)], e.Meetings,
        e.Plans is [.., var plan] ? plan : null, [.. e.Plans.SkipLast(1)], e.Reviews,
        [.. e.Admissions.Where(a => !a.Cancelled).OrderBy(a => a.Start).Select(AdmissionView.Of)],
        e.Ending is { } ending ? new EndingView(ending.Outcome, ending.On, ending.At) : null, e.History);
}

/// <summary>An emergency admission while the episode was open.</summary>
internal sealed record AdmissionView(DateTimeOffset Start, DateTimeOffset? End, string? Provider)
{
    public static AdmissionView Of(Admission a) => new(a.Start, a.End, a.Provider);
}

internal sealed record EndingView(string Outcome, DateOnly On, DateTimeOffset At);
