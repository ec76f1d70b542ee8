using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// An organisation's word that a fund is the one which the terms of a risk-share mean, where they name no fund by its id. It counts where the
/// organisation is a party, and once every party says the same.
/// </summary>
/// <param name="ByOperator">The operator's word stands for every party's.</param>
internal sealed record FundClaim(Guid RiskShareId, string Organisation, Guid FundId, bool ByOperator, DateTimeOffset At) : Document
{
    /// <summary>The fund that the parties of a settlement, or the operator, have claimed for it; null while they have not all.</summary>
    public static Guid? Joint(IEnumerable<FundClaim> claims, IEnumerable<string> parties)
    {
        var given = claims.ToList();
        if (given.Find(c => c.ByOperator) is { } decided)
            return decided.FundId;
        var said = parties.Select(p => given.Find(c => c.Organisation == p)?.FundId).Distinct().ToList();
        return said is [{ } fund] ? fund : null;
    }
}
