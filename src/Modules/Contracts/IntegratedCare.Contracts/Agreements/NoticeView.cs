using IntegratedCare.Contracts.RiskShares;

namespace IntegratedCare.Contracts.Agreements;

/// <param name="LeavesOn">The party's last day.</param>
/// <param name="Outcome"><c>agreement-ends</c> on that day, or <c>party-leaves</c> and the others go on.</param>
/// <param name="Remaining">The parties that go on; none when the agreement ends.</param>
/// <param name="RiskShares">Each risk-share from the day after, by its terms then in force.</param>
/// <param name="SubcontractsTouched">The subcontracts that lose their head or their commissioner, with the reason.</param>
internal sealed record NoticeView(
    Guid Id, Guid AgreementId, string Organisation, string Reason, DateOnly GivenOn, DateOnly LeavesOn, Signature Signature, string OnWithdrawal,
    string Outcome,
    IReadOnlyList<string> Remaining, IReadOnlyList<RiskShareAfterLeaving> RiskShares, IReadOnlyList<SubcontractTouched> SubcontractsTouched)
{
    public static async Task<NoticeView> OfAsync(ContractsSession session, Agreement agreement, Notice notice, CancellationToken ct)
    {
        var ends = notice.Outcome == Notice.AgreementEnds;
        var from = notice.LeavesOn.AddDays(1);
        var riskShares = await session.ListAsync<RiskShare>(all => all.Where(r => r.AgreementId == agreement.Id).OrderBy(r => r.Id), ct);
        var subcontracts = await session.SubcontractsAsync(agreement, ct);
        return new(
            notice.Id, agreement.Id, notice.Organisation, notice.Reason, notice.GivenOn, notice.LeavesOn, notice.Signature, agreement.OnWithdrawal,
            notice.Outcome,
            ends ? [] : [.. agreement.PartiesOn(from).Select(p => p.Organisation)],
            [
                .. riskShares.Where(r => r.Parties.Contains(notice.Organisation)).Select(r => RiskShareAfterLeaving.Of(r, agreement, notice,
                    r.Versions(agreement).Last(v => v.EffectiveFrom <= from && (v.Status == Variation.Agreed || v.Number == RiskShare.FirstVersion)).Terms)),
            ],
            [.. subcontracts.Select(s => SubcontractTouched.Of(s, ReasonTouched(s))).OfType<SubcontractTouched>()]);

        string? ReasonTouched(Agreement subcontract) =>
            ends ? SubcontractRules.Misfit(subcontract, agreement.Services, agreement.StartsOn, notice.LeavesOn)
            : subcontract.Parties.Any(p => p.Organisation == notice.Organisation && p.Role == Agreement.ProviderRole)
                ? $"{notice.Organisation}, its provider, leaves the head agreement."
            : null;
    }
}
