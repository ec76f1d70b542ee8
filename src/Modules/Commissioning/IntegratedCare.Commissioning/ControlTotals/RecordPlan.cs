using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>Records an organisation's plan for a year in the system's control total. Repeating it with the same figures answers 200.</summary>
internal sealed class RecordPlan(CommissioningSession session, AccessContext caller)
    : CareEndpoint<RecordPlan.Request, Results<CreatedVersioned<PlanView>, OkVersioned<PlanView>>>
{
    internal sealed record Request(string? Organisation, string? Year, decimal? Plan, decimal? ReportedActual, decimal? ReportedForecast);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Organisation).Code();
            RuleFor(r => r.Year).FinancialYear();
            RuleFor(r => r.Plan).Money(-100_000_000_000m, 100_000_000_000m);
            RuleFor(r => r.ReportedActual).Money(-100_000_000_000m, 100_000_000_000m).When(r => r.ReportedActual is not null);
            RuleFor(r => r.ReportedForecast).Money(-100_000_000_000m, 100_000_000_000m).When(r => r.ReportedForecast is not null);
        }
    }

    public override void Configure()
    {
        Post("/v1/commissioning/control-totals/{system}/plans");
        Access(CommissioningScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<Results<CreatedVersioned<PlanView>, OkVersioned<PlanView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var system = Route<string>("system")!;
        await session.RequirePlannerAsync(system, request.Organisation!, caller, ct);
        if ((await session.OrganisationsAsync([request.Organisation!], ct)).Count == 0)
            throw new RuleViolation(CommissioningProblems.UnknownOrganisation, $"Not in the register: {request.Organisation}.");
        var figures = new PlanFigures(request.Plan!.Value, request.ReportedActual, request.ReportedForecast);
        await session.LockAsync($"plan|{system}|{request.Year}|{request.Organisation}", ct);
        if (await session.FirstOrDefaultAsync<OrganisationPlan>(p => p.System == system && p.Year == request.Year && p.Organisation == request.Organisation,
            ct) is { } recorded)
        {
            return recorded.Figures == figures ? Answers.Ok(PlanView.Of(recorded), recorded.Version)
                : throw new RequestRefused(Problems.AlreadyExists, "A plan with other figures is recorded. Change it with PUT and If-Match.");
        }

        var plan = new OrganisationPlan(system, request.Organisation!, request.Year!, figures);
        session.Insert(plan);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/commissioning/control-totals/{system}/plans/{plan.Id}", PlanView.Of(plan), plan.Version);
    }
}
