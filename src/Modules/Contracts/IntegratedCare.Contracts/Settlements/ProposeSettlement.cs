using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Settles a period by the terms in force on its first day: freezes the published values of its months, computes the
/// statement and proposes it to the parties. A period in which the terms change or a party leaves is settled in parts.
/// 201 with a new version when the inputs are new; 200 with the latest version when nothing has changed since.
/// </summary>
internal sealed class ProposeSettlement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/settlements", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations]);

    /// <param name="Inputs">What the terms need beside published values and costs; every party sees it and agrees to it.</param>
    /// <param name="Provisional">Shows how the period stands: never agreed or posted, and free to cover months that are settled otherwise.</param>
    internal sealed record ProposeSettlementRequest(string? Period, SettlementInputs? Inputs = null, bool Provisional = false);

    internal sealed class Validator : AbstractValidator<ProposeSettlementRequest>
    {
        public Validator() => RuleFor(r => r.Period).NotNull().Must(p => p is null || SettlementPeriod.Parse(p) is not null)
            .WithMessage(SettlementPeriod.Shapes);
    }

    private static async Task<Results<CreatedVersioned<SettlementView>, OkVersioned<SettlementView>>> Handle(
        Guid id, ProposeSettlementRequest request, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        // One proposal of a risk-share at a time, so that two overlapping periods cannot both pass.
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        await db.Database.ExecuteSqlAsync($"SELECT FROM contracts.risk_share WHERE id = {id} FOR UPDATE", ct);
        var riskShare = await db.RiskShares.To(access).FirstOrDefaultAsync(r => r.Id == id, ct) ?? throw Problems.Missing();
        var agreement = await db.Agreements.SingleAsync(a => a.Id == riskShare.AgreementId, ct);
        agreement.PartyOrFormer(access.Organisation);
        var period = SettlementPeriod.Parse(request.Period)!;
        var inForce = riskShare.CheckSettles(agreement, period, LondonTime.Today(clock));
        if (!inForce.Parties.Contains(access.Organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, $"Your organisation had left before {period.Label}.");

        var settlements = await db.Settlements.Where(s => s.RiskShareId == id).OrderBy(s => s.Number).ToListAsync(ct);
        if (!request.Provisional && settlements.Find(s => s.Binds && s.Period != period.Label && SettlementPeriod.Parse(s.Period)!.Overlaps(period)) is { } other)
            throw new RuleViolation(ContractsProblems.PeriodOverlaps, $"{other.Period} is settled already and covers some of the same months.");

        if (settlements.Exists(s => s.Period == period.Label && s.Status == Settlement.Final))
            throw new RuleViolation(ContractsProblems.PeriodLocked, ContractsProblems.PeriodLocked.Explanation);

        var terms = inForce.Terms;
        var values = terms.Measure.Source == MeasureTerms.PublishedMetric ? await FreezeAsync(db, terms.Measure, period, ct) : [];
        if (request.Inputs?.Costs is not null)
            throw Problems.Invalid("/inputs/costs", "Care costs are frozen by the platform, from what it has been told.");
        var inputs = terms.Measure.Costs is null ? request.Inputs : (request.Inputs ?? SettlementInputs.None) with { Costs = await FreezeCostsAsync(db, terms.Measure, period, ct) };
        InputRules.Check(terms, inputs, period);
        var statement = RiskShareEngine.Settle(new SettlementPack(
            new StatementRiskShare(riskShare.Id, agreement.Id, riskShare.Document.Title), inForce.Version, terms, period.Label, values, inputs));
        var bytes = statement.ToBytes();
        var earlier = settlements.FindAll(s => s.Period == period.Label);
        var latest = earlier.FindLast(s => s.Status != Settlement.Superseded);
        if (latest is not null && (request.Provisional || latest.Status != Settlement.Provisional) && latest.Statement.AsSpan().SequenceEqual(bytes))
            return Answers.Ok(SettlementView.Of(latest, access), latest.Version);

        var now = clock.GetUtcNow();
        var settlement = new Settlement(riskShare, inForce.Parties, statement, bytes, earlier, request.Provisional, now);
        db.Settlements.Add(settlement);
        if (!request.Provisional)
            db.Publish(new SettlementProposed(settlement.Id, riskShare.Id, settlement.Period, settlement.Number, now));
        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
        return Answers.Created($"/v1/contracts/risk-shares/{id}/settlements/{settlement.Id}", SettlementView.Of(settlement, access), settlement.Version);
    }

    private static async Task<IReadOnlyList<FrozenValue>> FreezeAsync(ContractsDb db, MeasureTerms measure, SettlementPeriod period, CancellationToken ct)
    {
        const double most = 1e9;
        var months = period.Months.ToArray();
        var known = await db.PublishedValues
            .Where(v => v.Metric == measure.Metric && v.AreaKind == measure.AreaKind && v.Area == measure.Area && months.Contains(v.Period))
            .ToDictionaryAsync(v => v.Period, ct);
        var missing = months.Where(m => !known.TryGetValue(m, out var v) || !(v.Numerator is >= 0 and < most)).ToList();
        if (missing.Count > 0)
            throw new RuleViolation(ContractsProblems.ValuesMissing, $"No published value of {measure.Metric} for {measure.AreaKind} {measure.Area} in {string.Join(", ", missing)}.");
        return [.. months.Select(m => known[m]).Select(v =>
            new FrozenValue(v.Period, Units.Fix((decimal)v.Numerator, 2), v.ValueId, v.DefinitionVersion, v.Version, v.Status, v.KnownAt))];
    }

    /// <summary>Freezes the spend of the population: every month of the period must have its register count, or a head could not be counted.</summary>
    private static async Task<FrozenCosts> FreezeCostsAsync(ContractsDb db, MeasureTerms measure, SettlementPeriod period, CancellationToken ct)
    {
        var read = (await CostReader.ReadAsync(db, [measure.Costs!.Scope(measure)], period, ct))[0];
        if (read.MonthsCounted < period.Length)
            throw new RuleViolation(ContractsProblems.ValuesMissing, $"Of {period.Label}, {read.MonthsCounted} of {period.Length} months have a count of the persons registered in {measure.AreaKind} {measure.Area}.");
        return FrozenCosts.Of(read, measure.Costs.ValuedAt);
    }
}
