using FluentValidation;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Assessments;

/// <summary>Records an assessment on the day it was made, or corrects one; clocks are computed from that day.</summary>
internal sealed class RecordAssessment(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<RecordAssessment.Request, OkVersioned<EpisodeView>>
{
    /// <param name="Kind">One of the definition's kinds, such as <c>nursing</c>.</param>
    /// <param name="Date">The day in Europe/London on which it was made.</param>
    /// <param name="By">Who made it; the acting user unless named.</param>
    /// <param name="Corrects">The assessment that was recorded wrongly and is replaced by this.</param>
    internal sealed record Request(string? Kind, DateOnly? Date, string? Findings, AssessorInput? By, Guid? Corrects, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Kind).RequiredCode();
            RuleFor(r => r.Date).RequiredDate();
            RuleFor(r => r.Findings).RequiredText(20_000);
            RuleFor(r => r.Reason).OptionalText();
            When(r => r.By is not null, () =>
            {
                RuleFor(r => r.By!.Name).RequiredText(200);
                RuleFor(r => r.By!.Role).RequiredText(100);
                RuleFor(r => r.By!.Registration).OptionalText(50);
            });
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/assessments");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Team, IfMatch, ct);
        var actor = access.Actor;
        var assessor = request.By is { } by ? new Assessor(by.Name!, by.Role!, by.Registration) : new Assessor(actor.Name, actor.Role!, actor.Registration);
        var next = episode.RecordAssessment(
            definition, actor, request.Kind!, request.Date!.Value, request.Findings!, assessor, request.Corrects, request.Reason, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}

internal sealed record AssessorInput(string? Name, string? Role, string? Registration);
