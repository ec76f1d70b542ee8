using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>Changes the figures of a recorded plan.</summary>
internal sealed class ChangePlan(CommissioningSession session, AccessContext caller) : CareEndpoint<ChangePlan.Request, OkVersioned<PlanView>>
{
    internal sealed record Request(decimal? Plan, decimal? ReportedActual, decimal? ReportedForecast);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Plan).Money(-100_000_000_000m, 100_000_000_000m);
            RuleFor(r => r.ReportedActual).Money(-100_000_000_000m, 100_000_000_000m).When(r => r.ReportedActual is not null);
            RuleFor(r => r.ReportedForecast).Money(-100_000_000_000m, 100_000_000_000m).When(r => r.ReportedForecast is not null);
        }
    }

    public override void Configure()
    {
        Put("/v1/commissioning/control-totals/{system}/plans/{id:guid}");
        Access(CommissioningScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
        ChangesVersion();
    }

    public override async Task<OkVersioned<PlanView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var system = Route<string>("system")!;
        if (!await session.IsMemberAsync(system, caller, ct))
            throw Problems.Missing();
        var plan = await session.FindAsync<OrganisationPlan>(Id, ct) is { } found && found.System == system ? found : throw Problems.Missing();
        await session.RequirePlannerAsync(system, plan.Organisation, caller, ct);
        IfMatch.Check(plan.Version);
        var next = plan with { Figures = new PlanFigures(request.Plan!.Value, request.ReportedActual, request.ReportedForecast) };
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(PlanView.Of(next), next.Version);
    }
}
