using FluentValidation;
using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IntegratedCare.Population.Features.Risk;

/// <summary>The practice takes a proposed person on its high-risk register.</summary>
internal sealed class ConfirmHighRisk : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => DecideHighRisk.Map(routes, "confirm", HandleAsync);

    private static async Task<OkVersioned<HighRiskRegisterEntry>> HandleAsync(
        Guid entryId, ConfirmHighRiskRequest? request, IfMatch ifMatch, HttpContext http, DecideHighRisk decide, CancellationToken ct) =>
        await decide.Async(http, entryId, ifMatch, (entry, by, now, today) => entry.Confirm(by, request?.From, now, today), mustBeOnList: true, ct);
}

/// <param name="From">The day the practice decided, when that is recorded later; today if left out, and at most a year ago.</param>
internal sealed record ConfirmHighRiskRequest(DateOnly? From);

internal sealed class ConfirmHighRiskValidator : AbstractValidator<ConfirmHighRiskRequest>;

/// <summary>The practice declines a proposed person; nobody proposes them again until the decline runs out.</summary>
internal sealed class DeclineHighRisk : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => DecideHighRisk.Map(routes, "decline", HandleAsync);

    private static async Task<OkVersioned<HighRiskRegisterEntry>> HandleAsync(
        Guid entryId, DeclineHighRiskRequest request, IfMatch ifMatch, IOptions<HighRiskRegisterOptions> options, HttpContext http, DecideHighRisk decide, CancellationToken ct) =>
        await decide.Async(http, entryId, ifMatch, (entry, by, now, today) => entry.Decline(by, request.Reason!, options.Value.DeclineDays, now, today), mustBeOnList: false, ct);
}

/// <summary>The practice takes a confirmed person off its register.</summary>
internal sealed class EndHighRisk : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => DecideHighRisk.Map(routes, "end", HandleAsync);

    private static async Task<OkVersioned<HighRiskRegisterEntry>> HandleAsync(
        Guid entryId, EndHighRiskRequest request, IfMatch ifMatch, HttpContext http, DecideHighRisk decide, CancellationToken ct) =>
        await decide.Async(http, entryId, ifMatch, (entry, by, now, today) => entry.End(by, request.Reason!, now, today), mustBeOnList: false, ct);
}

internal sealed record DeclineHighRiskRequest(string? Reason);

internal sealed record EndHighRiskRequest(string? Reason);

internal sealed class DeclineHighRiskValidator : AbstractValidator<DeclineHighRiskRequest>
{
    public DeclineHighRiskValidator() => RuleFor(r => r.Reason).IsReason();
}

internal sealed class EndHighRiskValidator : AbstractValidator<EndHighRiskRequest>
{
    public EndHighRiskValidator() => RuleFor(r => r.Reason).IsReason();
}

/// <summary>What the three decisions share: whose entry it is, its version, and telling the others.</summary>
internal sealed class DecideHighRisk(PopulationDb db, RiskModelStore models, AccessContext access)
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes, string verb, Delegate handler) =>
        routes.MapPost($"/v1/population/high-risk-register/{{entryId:guid}}/{verb}", handler)
            .Access(Scopes.PopulationWrite, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true, actingUser: true, kinds: [OrganisationKinds.GeneralPractice]);

    public async Task<OkVersioned<HighRiskRegisterEntry>> Async(
        HttpContext http, Guid id, IfMatch ifMatch, Action<HighRiskEntry, string, DateTimeOffset, DateOnly> verb, bool mustBeOnList, CancellationToken ct)
    {
        AccessTable.RequireIdentifiable(access, Relationships.RegisteredPractice);
        // Another practice's entry is not there, as far as this one may know.
        var entry = await db.Set<HighRiskEntry>().SingleOrDefaultAsync(e => e.Id == id && e.Practice == access.Organisation, ct) ?? throw Problems.Missing();
        ifMatch.Check(entry.Version);
        var user = access.RequireActingUser().ToString();
        var now = db.Clock.GetUtcNow();
        var today = LondonTime.DateOf(now);
        verb(entry, user, now, today);

        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        var connection = await db.NpgsqlAsync(ct);
        if (mustBeOnList && !await OnListAsync(connection, entry, ct))
            throw new RuleViolation(PopulationProblems.PersonNotOnPracticeList, PopulationProblems.PersonNotOnPracticeList.Explanation);
        await db.SaveChangesAsync(ct);
        foreach (var told in await HighRiskSql.EventsAsync(connection, models, [entry.Id], today, ct))
            db.Publish(told);
        await db.SaveChangesAsync(ct);
        // The answer shows the person.
        await db.AuditReadAsync(http, [entry.PersonId], 1, ct);
        if (own is not null)
            await db.CommitAsync(own);
        return Answers.Ok((await HighRiskRegisterEntry.FindAsync(connection, models, entry.Id, access.Organisation, ct))!, entry.Version);
    }

    private static async Task<bool> OnListAsync(NpgsqlConnection connection, HighRiskEntry entry, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM population.person WHERE id = $1 AND practice = $2 AND death_date IS NULL", connection)
        {
            Parameters = { new() { Value = entry.PersonId }, new() { Value = entry.Practice } },
        };
        return await command.ExecuteScalarAsync(ct) is not null;
    }
}

internal static class RiskRules
{
    /// <summary>A reason somebody can read later: some text, no control characters.</summary>
    public static void IsReason<T>(this IRuleBuilderInitial<T, string?> rule) => rule.NotEmpty().IsText(1000);

    /// <summary>At most so many characters, none of them control characters other than line breaks and tabs.</summary>
    public static IRuleBuilderOptions<T, string?> IsText<T>(this IRuleBuilder<T, string?> rule, int most) =>
        rule.MaximumLength(most).Must(t => t is null || RiskModelCheck.IsPlain(t)).WithMessage("No control characters.");
}
