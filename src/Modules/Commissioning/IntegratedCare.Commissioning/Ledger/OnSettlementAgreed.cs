using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// Posts an agreed settlement to the fund that its parties have named by its id, or claimed together: once per risk-share, period and
/// version. Without such a fund, or if it refuses, the settlement is held, and listed.
/// </summary>
internal sealed class OnSettlementAgreed : Reaction<SettlementAgreed, CommissioningSession>
{
    protected override async Task ApplyAsync(CommissioningSession session, IReadOnlyList<Delivered<SettlementAgreed>> run, CancellationToken ct)
    {
        await session.LockClaimsAsync(run.Select(d => d.Event.RiskShareId), ct);
        await session.PostOrHoldAsync(run.Select(d => d.Event), ct);
    }
}
