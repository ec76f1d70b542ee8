using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Commissioning.Features;

/// <summary>
/// The system's control total for a financial year (this one unless named): per organisation and in sum, what was planned,
/// what it stands at with settlements counted in, and what is expected. To the system's members.
/// </summary>
internal sealed class GetControlTotal : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/commissioning/control-totals/{system}", Handle)
        .Access(Scopes.CommissioningRead, [Purposes.Commissioning, Purposes.Operations]);

    /// <param name="MeetsPlan">Whether the sum of forecasts reaches the sum of plans: one member's surplus may cover another's deficit.</param>
    internal sealed record ControlTotal(string System, string Year, string Currency, IReadOnlyList<MemberTotal> Organisations, Totals Total, bool MeetsPlan);

    /// <param name="PlanId">The plan's id and version, to change it with; null where none is recorded.</param>
    internal sealed record MemberTotal(string Organisation, string? Name, Guid? PlanId, long? PlanVersion, Totals Figures);

    /// <param name="Plan">Planned surplus, or deficit when negative.</param>
    /// <param name="Settlements">Net of settlements posted for the year.</param>
    /// <param name="Actual">Reported to date, with settlements.</param>
    /// <param name="Forecast">Reported forecast, or the plan, with settlements.</param>
    internal sealed record Totals(decimal Plan, decimal Settlements, decimal Actual, decimal Forecast);

    private static async Task<Ok<ControlTotal>> Handle(
        string system, [FromQuery] string? year, CommissioningDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        if (year is not null && !FinancialYear.IsValid(year))
            throw Problems.Invalid("/year", "A financial year such as 2026/27.");
        year ??= FinancialYear.Now(clock);
        if (!await db.IsMemberAsync(system, access, ct))
            throw Problems.Missing();

        var plans = await db.Plans.Where(p => p.System == system && p.Year == year).ToDictionaryAsync(p => p.Organisation, ct);
        var transfers = await (from entry in db.Entries
                               join journal in db.Journals on entry.JournalId equals journal.Id
                               where journal.System == system && journal.Year == year && journal.Kind == Journal.Settlement && entry.Account == Accounts.Settlements
                               group entry by entry.Organisation! into organisation
                               select new { organisation.Key, Amount = organisation.Sum(e => e.Amount) }).ToDictionaryAsync(t => t.Key, t => t.Amount, ct);
        var codes = plans.Keys.Union(transfers.Keys).Order(StringComparer.Ordinal).ToList();
        var names = await db.NamesAsync(codes, ct);
        var members = codes.ConvertAll(code =>
        {
            var plan = plans.GetValueOrDefault(code);
            var settled = transfers.GetValueOrDefault(code);
            var planned = plan?.Document.Plan ?? 0;
            return new MemberTotal(code, names.GetValueOrDefault(code), plan?.Id, plan?.Version, new Totals(
                planned, settled, (plan?.Document.ReportedActual ?? 0) + settled, (plan?.Document.ReportedForecast ?? planned) + settled));
        });
        var total = new Totals(members.Sum(m => m.Figures.Plan), members.Sum(m => m.Figures.Settlements), members.Sum(m => m.Figures.Actual), members.Sum(m => m.Figures.Forecast));
        return TypedResults.Ok(new ControlTotal(system, year, "GBP", members, total, total.Forecast >= total.Plan));
    }
}

internal static class Membership
{
    /// <summary>A member takes part in a fund of the system, or has a plan there.</summary>
    public static async Task<bool> IsMemberAsync(this CommissioningDb db, string system, AccessContext access, CancellationToken ct)
    {
        var organisation = access.Organisation;
        return TextRules.IsCode(system) && (Visible.SeesAll(access)
            || await db.Funds.AnyAsync(f => f.System == system && f.Partners.Contains(organisation), ct)
            || await db.Plans.AnyAsync(p => p.System == system && p.Organisation == organisation, ct));
    }

    /// <summary>Whether anybody has a fund or a plan in the system yet.</summary>
    public static async Task<bool> IsSystemAsync(this CommissioningDb db, string system, CancellationToken ct) =>
        await db.Funds.AnyAsync(f => f.System == system, ct) || await db.Plans.AnyAsync(p => p.System == system, ct);

    /// <summary>Plans are recorded by the organisation itself if it is a member, by the host of a fund of the system, or by the operator.</summary>
    public static async Task RequirePlannerAsync(this CommissioningDb db, string system, string planned, AccessContext access, CancellationToken ct)
    {
        if (!await db.IsMemberAsync(system, access, ct))
            throw Problems.Missing();
        var organisation = access.Organisation;
        if (!Visible.SeesAll(access) && planned != organisation && !await db.Funds.AnyAsync(f => f.System == system && f.Host == organisation, ct))
            throw new RequestRefused(Problems.NotYourOrganisation, "A plan is recorded by the organisation itself, by the host of a fund of the system, or by the operator.");
    }
}
