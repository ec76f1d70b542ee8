using FluentValidation;
using IntegratedCare.CarePathways.Domain;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class RecordMeeting : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/meetings", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("Records a multidisciplinary meeting about the person. Without a quorum it is kept but stops no clock.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, RecordMeetingRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Team, ct);
        episode.RecordMeeting(definition, desk.Actor, request.Date!.Value,
            [.. request.Attendance!.Select(a => new Attendance(a.Role!, a.Name, a.Organisation))],
            [.. (request.Decisions ?? []).Select(d => d!)],
            [.. (request.Tasks ?? []).Select(t => new MeetingTask(t.Task!, t.Owner!, t.Organisation, t.Due))],
            request.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

/// <param name="Attendance">Who was there, by role: the quorum is counted on it.</param>
internal sealed record RecordMeetingRequest(
    DateOnly? Date, IReadOnlyList<AttendanceInput>? Attendance, IReadOnlyList<string?>? Decisions, IReadOnlyList<TaskInput>? Tasks, string? Reason);

internal sealed record AttendanceInput(string? Role, string? Name, string? Organisation);

/// <param name="Owner">Role or name of who does it.</param>
internal sealed record TaskInput(string? Task, string? Owner, string? Organisation, DateOnly? Due);

internal sealed class RecordMeetingValidator : AbstractValidator<RecordMeetingRequest>
{
    public RecordMeetingValidator()
    {
        RuleFor(r => r.Date).RequiredDate();
        RuleFor(r => r.Attendance).NotEmpty().WithMessage("Required.").AtMost();
        RuleForEach(r => r.Attendance).NotNull().ChildRules(a =>
        {
            a.RuleFor(x => x.Role).RequiredCode();
            a.RuleFor(x => x.Name).OptionalText(200);
            a.RuleFor(x => x.Organisation).OptionalOrganisation();
        });
        RuleFor(r => r.Decisions).AtMost();
        RuleForEach(r => r.Decisions).RequiredText();
        RuleFor(r => r.Tasks).AtMost();
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
