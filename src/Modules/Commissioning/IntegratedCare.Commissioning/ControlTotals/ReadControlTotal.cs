using FluentValidation;
using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>
/// The system's control total for a financial year (this one unless named): per organisation and in sum, what was planned,
/// what it stands at with settlements counted in, and what is expected. To the system's members.
/// </summary>
internal sealed class ReadControlTotal(CommissioningSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<ReadControlTotal.Request, Ok<ReadControlTotal.ControlTotal>>
{
    /// <param name="Year">A financial year such as 2026/27; this one unless named.</param>
    internal sealed record Request(string? Year);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Year).FinancialYear().When(r => r.Year is not null);
    }

    /// <param name="Planners">The organisations that plan for the system, by the operator's word.</param>
    /// <param name="MeetsPlan">Whether the sum of forecasts reaches the sum of plans: one member's surplus may cover another's deficit.</param>
    internal sealed record ControlTotal(string System, string Year, string Currency, IReadOnlyList<MemberTotal> Organisations, Totals Total, bool MeetsPlan,
        IReadOnlyList<PlanningRoleView> Planners);

    /// <param name="PlanId">The plan's id and version, to change it with; null where none is recorded.</param>
    internal sealed record MemberTotal(string Organisation, string? Name, Guid? PlanId, long? PlanVersion, Totals Figures);

    /// <param name="Plan">Planned surplus, or deficit when negative.</param>
    /// <param name="Settlements">Net of settlements posted for the year.</param>
    /// <param name="Actual">Reported to date, with settlements.</param>
    /// <param name="Forecast">Reported forecast, or the plan, with settlements.</param>
    internal sealed record Totals(decimal Plan, decimal Settlements, decimal Actual, decimal Forecast);

    public override void Configure()
    {
        Get("/v1/commissioning/control-totals/{system}");
        Access(CommissioningScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<Ok<ControlTotal>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var system = Route<string>("system")!;
        var year = request.Year ?? Period.FinancialYearOf(LondonTime.Today(clock)).Label;
        if (!await session.IsMemberAsync(system, caller, ct))
            throw Problems.Missing();

        var plans = (await session.ListAsync<OrganisationPlan>(all => all.Where(p => p.System == system && p.Year == year), ct))
            .ToDictionary(p => p.Organisation);
        var settlements = await session.SettledAsync(system, year, ct);
        var codes = plans.Keys.Union(settlements.Keys).Order(StringComparer.Ordinal).ToList();
        var known = await session.OrganisationsAsync(codes, ct);
        var members = codes.ConvertAll(code =>
        {
            var plan = plans.GetValueOrDefault(code);
            var settled = settlements.GetValueOrDefault(code);
            var planned = plan?.Figures.Plan ?? 0;
            return new MemberTotal(code, known.GetValueOrDefault(code)?.DisplayName, plan?.Id, plan?.Version, new Totals(
                planned, settled, (plan?.Figures.ReportedActual ?? 0) + settled, (plan?.Figures.ReportedForecast ?? planned) + settled));
        });
        var total = new Totals(members.Sum(m => m.Figures.Plan), members.Sum(m => m.Figures.Settlements), members.Sum(m => m.Figures.Actual),
            members.Sum(m => m.Figures.Forecast));
        var planners = await session.ListAsync<PlanningRole>(all => all.Where(p => p.System == system).OrderBy(p => p.Organisation), ct);
        return TypedResults.Ok(new ControlTotal(system, year, "GBP", members, total, total.Forecast >= total.Plan, [.. planners.Select(PlanningRoleView.Of)]));
    }
}
