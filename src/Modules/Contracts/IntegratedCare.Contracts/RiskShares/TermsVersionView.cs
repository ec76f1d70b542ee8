using IntegratedCare.Contracts.Agreements;

namespace IntegratedCare.Contracts.RiskShares;

/// <param name="Awaiting">The parties that have yet to accept it.</param>
/// <param name="AfterLeaving">The risk-share after each party that has given notice leaves.</param>
internal sealed record TermsVersionView(
    Guid RiskShareId, int Number, string Status, DateOnly EffectiveFrom, string? Reason, string? ProposedBy, DateTimeOffset? ProposedAt, RiskShareTerms Terms,
    IReadOnlyList<Acceptance> Acceptances, IReadOnlyList<string> Awaiting, IReadOnlyList<RiskShareAfterLeaving> AfterLeaving)
{
    public static TermsVersionView Of(RiskShare riskShare, Agreement agreement, TermsVersion v) => new(
        riskShare.Id, v.Number, v.Status, v.EffectiveFrom, v.Reason, v.ProposedBy, v.ProposedAt, v.Terms, v.Acceptances,
        v.Status == Variation.Proposed ? [.. riskShare.PartiesOn(agreement, v.EffectiveFrom).Where(p => v.Acceptances.All(a => a.Organisation != p))] : [],
        [.. agreement.Leavers.Where(n => riskShare.Parties.Contains(n.Organisation)).Select(n => RiskShareAfterLeaving.Of(riskShare, agreement, n, v.Terms))]);
}

/// <summary>A risk-share after a party has left.</summary>
/// <param name="From">The first day without it.</param>
/// <param name="Shares">The shares of those that stay; null when the risk-share ends.</param>
/// <param name="Ends">Whether the risk-share ends then.</param>
internal sealed record RiskShareAfterLeaving(Guid RiskShareId, string Without, DateOnly From, bool Ends, IReadOnlyList<PartyShare>? Shares)
{
    public static RiskShareAfterLeaving Of(RiskShare riskShare, Agreement agreement, Notice notice, RiskShareTerms terms)
    {
        var from = notice.LeavesOn.AddDays(1);
        var remaining = notice.Outcome == Notice.AgreementEnds ? null : RiskShare.WithoutLeavers(agreement, terms, from);
        return new(riskShare.Id, notice.Organisation, from, remaining is null, remaining?.Shares);
    }
}
