using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>Agreed settlements that are not posted: no fund is named by its id or claimed by every party, or the fund refuses them.</summary>
internal sealed class ListUnpostedSettlements(CommissioningSession session, AccessContext caller) : CareEndpoint<Ok<Page<ListUnpostedSettlements.UnpostedView>>>
{
    internal sealed record UnpostedView(Guid SettlementId, Guid RiskShareId, string Title, string Period, int Number, string Fund, Guid? FundId, string Reason,
        DateTimeOffset HeldAt);

    public override void Configure()
    {
        Get("/v1/commissioning/unposted-settlements");
        Access(CommissioningScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    protected override async Task<Ok<Page<UnpostedView>>> HandleAsync(CancellationToken ct)
    {
        var (after, take, organisation, all) = (Paging.Id() ?? Guid.Empty, Paging.Take + 1, caller.Organisation, CommissioningSession.SeesAll(caller));
        var rows = await session.ListAsync<UnpostedSettlement>(
            held => held.Where(u => u.Id > after && (all || u.Parties.Contains(organisation))).OrderBy(u => u.Id).Take(take), ct);
        return Paging.Answer(HttpContext, [.. rows.Select(u => new UnpostedView(
            u.Id, u.Settlement.RiskShareId, u.Settlement.Title, u.Settlement.Period, u.Settlement.Version, u.Fund, u.FundId, u.Reason, u.HeldAt))],
                u => [u.SettlementId.ToString()]);
    }
}
