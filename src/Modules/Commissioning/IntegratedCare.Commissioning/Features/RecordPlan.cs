using FluentValidation;
using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Commissioning.Features;

/// <param name="Plan">Planned surplus for the year, or deficit when negative.</param>
internal sealed record PlanView(Guid Id, string System, string Organisation, string Year, decimal Plan, decimal? ReportedActual, decimal? ReportedForecast)
{
    public static PlanView Of(OrganisationPlan p) => new(p.Id, p.System, p.Organisation, p.Year, p.Document.Plan, p.Document.ReportedActual, p.Document.ReportedForecast);
}

/// <summary>Records an organisation's plan for a year in the system's control total. Repeating it with the same figures answers 200.</summary>
internal sealed class RecordPlan : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/commissioning/control-totals/{system}/plans", Handle)
        .Access(Scopes.CommissioningWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record RecordPlanRequest(string? Organisation, string? Year, decimal? Plan, decimal? ReportedActual, decimal? ReportedForecast);

    internal sealed class Validator : AbstractValidator<RecordPlanRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Organisation).Code();
            RuleFor(r => r.Year).FinancialYear();
            RuleFor(r => r.Plan).Money(-100_000_000_000m, 100_000_000_000m);
            RuleFor(r => r.ReportedActual).Money(-100_000_000_000m, 100_000_000_000m).When(r => r.ReportedActual is not null);
            RuleFor(r => r.ReportedForecast).Money(-100_000_000_000m, 100_000_000_000m).When(r => r.ReportedForecast is not null);
        }
    }

    private static async Task<Results<CreatedVersioned<PlanView>, OkVersioned<PlanView>>> Handle(
        string system, RecordPlanRequest request, CommissioningDb db, AccessContext access, CancellationToken ct)
    {
        await db.RequirePlannerAsync(system, request.Organisation!, access, ct);
        if ((await db.NamesAsync([request.Organisation!], ct)).Count == 0)
            throw new RuleViolation(CommissioningProblems.UnknownOrganisation, $"Not in the register: {request.Organisation}.");
        var figures = new PlanFigures(request.Plan!.Value, request.ReportedActual, request.ReportedForecast);
        if (await db.Plans.FirstOrDefaultAsync(p => p.System == system && p.Year == request.Year && p.Organisation == request.Organisation, ct) is { } recorded)
        {
            return recorded.Document == figures ? Answers.Ok(PlanView.Of(recorded), recorded.Version)
                : throw new RequestRefused(Problems.AlreadyExists, "A plan with other figures is recorded. Change it with PUT and If-Match.");
        }

        var plan = new OrganisationPlan(system, request.Organisation!, request.Year!, figures);
        db.Plans.Add(plan);
        await db.SaveChangesAsync(ct);
        return Answers.Created($"/v1/commissioning/control-totals/{system}/plans/{plan.Id}", PlanView.Of(plan), plan.Version);
    }
}

/// <summary>Changes the figures of a recorded plan.</summary>
internal sealed class ChangePlan : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/v1/commissioning/control-totals/{system}/plans/{id:guid}", Handle)
        .Access(Scopes.CommissioningWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record ChangePlanRequest(decimal? Plan, decimal? ReportedActual, decimal? ReportedForecast);

    internal sealed class Validator : AbstractValidator<ChangePlanRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Plan).Money(-100_000_000_000m, 100_000_000_000m);
            RuleFor(r => r.ReportedActual).Money(-100_000_000_000m, 100_000_000_000m).When(r => r.ReportedActual is not null);
            RuleFor(r => r.ReportedForecast).Money(-100_000_000_000m, 100_000_000_000m).When(r => r.ReportedForecast is not null);
        }
    }

    private static async Task<OkVersioned<PlanView>> Handle(
        string system, Guid id, ChangePlanRequest request, IfMatch ifMatch, CommissioningDb db, AccessContext access, CancellationToken ct)
    {
        if (!await db.IsMemberAsync(system, access, ct))
            throw Problems.Missing();
        var plan = await db.Plans.FirstOrDefaultAsync(p => p.Id == id && p.System == system, ct) ?? throw Problems.Missing();
        await db.RequirePlannerAsync(system, plan.Organisation, access, ct);
        ifMatch.Check(plan.Version);
        plan.Change(new PlanFigures(request.Plan!.Value, request.ReportedActual, request.ReportedForecast));
        await db.SaveChangesAsync(ct);
        return Answers.Ok(PlanView.Of(plan), plan.Version);
    }
}
