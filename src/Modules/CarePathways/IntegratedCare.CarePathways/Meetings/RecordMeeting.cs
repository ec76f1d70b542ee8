using FluentValidation;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Meetings;

/// <summary>Records a multidisciplinary meeting about the person. Without a quorum it is kept but stops no clock.</summary>
internal sealed class RecordMeeting(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<RecordMeeting.Request, OkVersioned<EpisodeView>>
{
    /// <param name="Attendance">Who was there, by role: the quorum is counted on it.</param>
    internal sealed record Request(
        DateOnly? Date, IReadOnlyList<AttendanceInput>? Attendance, IReadOnlyList<string?>? Decisions, IReadOnlyList<TaskInput>? Tasks, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Date).RequiredDate();
            RuleFor(r => r.Attendance).NotEmpty().WithMessage("Required.").MaxCount();
            RuleForEach(r => r.Attendance).NotNull().ChildRules(a =>
            {
                a.RuleFor(x => x.Role).RequiredCode();
                a.RuleFor(x => x.Name).OptionalText(200);
                a.RuleFor(x => x.Organisation).OptionalOrganisation();
            });
            RuleFor(r => r.Decisions).MaxCount();
            RuleForEach(r => r.Decisions).RequiredText();
            RuleFor(r => r.Tasks).MaxCount();
            RuleForEach(r => r.Tasks).NotNull().ChildRules(t =>
            {
                t.RuleFor(x => x.Task).RequiredText();
                t.RuleFor(x => x.Owner).RequiredText(200);
                t.RuleFor(x => x.Organisation).OptionalOrganisation();
                t.RuleFor(x => x.Due).PossibleDate();
            });
            RuleFor(r => r.Reason).OptionalText();
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/meetings");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Team, IfMatch, ct);
        var next = episode.RecordMeeting(definition, access.Actor, request.Date!.Value,
            [.. request.Attendance!.Select(a => new Attendance(a.Role!, a.Name, a.Organisation))],
            [.. (request.Decisions ?? []).Select(d => d!)],
            [.. (request.Tasks ?? []).Select(t => new MeetingTask(t.Task!, t.Owner!, t.Organisation, t.Due))],
            request.Reason, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}

internal sealed record AttendanceInput(string? Role, string? Name, string? Organisation);

/// <param name="Owner">Role or name of who does it.</param>
internal sealed record TaskInput(string? Task, string? Owner, string? Organisation, DateOnly? Due);
