using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.CarePlans;

/// <summary>Records a review of the care plan; the review clock starts anew.</summary>
internal sealed class ReviewCarePlan(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<ReviewCarePlan.Request, OkVersioned<EpisodeView>>
{
    /// <param name="Date">The day of the review; today unless given.</param>
    /// <param name="Outcome">One of the definition's review outcomes, such as <c>continue</c>.</param>
    /// <param name="NextReviewDate">Tailored to the person; the definition's interval applies when none is agreed.</param>
    internal sealed record Request(DateOnly? Date, string? Outcome, string? Note, DateOnly? NextReviewDate);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Date).PossibleDate();
            RuleFor(r => r.Outcome).RequiredCode();
            RuleFor(r => r.Note).OptionalText(20_000);
            RuleFor(r => r.NextReviewDate).PossibleDate();
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/reviews");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Team, IfMatch, ct);
        var now = session.Now;
        var next = episode.ReviewPlan(
            definition, access.Actor, request.Date ?? LondonTime.DateOf(now), request.Outcome!, request.Note, request.NextReviewDate, now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}
