using FluentValidation;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// Settles a period by the terms in force on its first day: freezes the published values of its months, computes the
/// statement and proposes it to the parties. A period in which the terms change or a party leaves is settled in parts.
/// 201 with a new version when the inputs are new; 200 with the latest version when nothing has changed since.
/// </summary>
internal sealed class ProposeSettlement(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<ProposeSettlement.Request, Results<CreatedVersioned<SettlementView>, OkVersioned<SettlementView>>>
{
    /// <param name="Inputs">What the terms need beside published values and costs; every party sees it and agrees to it.</param>
    /// <param name="Provisional">A preview: never agreed or posted, and allowed to cover months that another settlement covers.</param>
    internal sealed record Request(string? Period, SettlementInputs? Inputs = null, bool Provisional = false);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Period).NotNull().Must(p => p is null || Period.Parse(p) is not null)
            .WithMessage(Period.Shapes);
    }

    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/settlements");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<Results<CreatedVersioned<SettlementView>, OkVersioned<SettlementView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        // One proposal of a risk-share at a time, so that two overlapping periods cannot both pass.
        var riskShare = await session.LockRiskShareAsync(Id, caller, ct) ?? throw Problems.Missing();
        var agreement = await session.AgreementAsync(riskShare.AgreementId, ct);
        agreement.PartyOrFormer(caller.Organisation);
        var period = Period.Parse(request.Period)!;
        var inForce = riskShare.CheckSettles(agreement, period, LondonTime.Today(clock));
        if (!inForce.Parties.Contains(caller.Organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, $"Your organisation had left before {period.Label}.");

        var settlements = await session.ListAsync<Settlement>(all => all.Where(s => s.RiskShareId == riskShare.Id).OrderBy(s => s.Number), ct);
        CheckFree(settlements, period, request.Provisional);
        if (request.Inputs?.Costs is not null)
            throw Problems.Invalid("/inputs/costs", "Care costs are frozen by the platform, from its own records.");
        var (values, inputs) = await session.FreezeAsync(inForce.Terms, request.Inputs, period, ct);
        InputRules.Check(inForce.Terms, inputs, period);
        var statement = RiskShareEngine.Settle(new SettlementPack(
            new StatementRiskShare(riskShare.Id, agreement.Id, riskShare.Title), inForce.Version, inForce.Terms, period.Label, values, inputs));
        var bytes = statement.ToBytes();
        var sha256 = StatementHash.Of(bytes);
        Settlement[] earlier = [.. settlements.Where(s => s.Period == period.Label)];
        var latest = earlier.LastOrDefault(s => s.Status != Settlement.Superseded);
        if (latest is not null && (request.Provisional || latest.Status != Settlement.Provisional) && latest.Sha256 == sha256)
            return Answers.Ok(SettlementView.Of(latest, statement, caller), latest.Version);

        var now = clock.GetUtcNow();
        var compared = Settlement.ComparedWith(earlier) is { } before ? Statement.FromBytes(await session.ReadStatementAsync(before.Id, ct)) : null;
        var (settlement, superseded) = Settlement.Propose(riskShare, inForce.Parties, statement, sha256, earlier, compared, request.Provisional, now);
        session.Insert(settlement);
        foreach (var version in superseded)
            session.Update(version);
        await session.InsertStatementAsync(settlement.Id, bytes, ct);
        if (!request.Provisional)
            session.Publish(new SettlementProposed(settlement.Id, riskShare.Id, settlement.Period, settlement.Number, now));
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/risk-shares/{Id}/settlements/{settlement.Id}", SettlementView.Of(settlement, statement, caller),
            settlement.Version);
    }

    private static void CheckFree(IReadOnlyList<Settlement> settlements, Period period, bool provisional)
    {
        var others = settlements.Where(s => s.Binds && s.Period != period.Label);
        if (!provisional && others.FirstOrDefault(s => Period.Parse(s.Period)!.Overlaps(period)) is { } other)
            throw new RuleViolation(ContractsProblems.PeriodOverlaps, $"{other.Period} is settled already and covers some of the same months.");
        if (settlements.Any(s => s.Period == period.Label && s.Status == Settlement.Final))
            throw new RuleViolation(ContractsProblems.PeriodLocked, ContractsProblems.PeriodLocked.Explanation);
    }
}
