using IntegratedCare.Contracts.Gates;
using IntegratedCare.Contracts.RiskShares;

namespace IntegratedCare.Contracts.Agreements;

/// <param name="TermsVersion">The version of the terms in force; all are at <c>.../terms</c>.</param>
/// <param name="OnWithdrawal">How the share of a party that leaves is divided: <c>ends</c> (the whole agreement does), <c>pro-rata</c>
/// over the others, or <c>to-payer</c>.</param>
/// <param name="HeadAgreement">The agreement it is let under, if it is a subcontract.</param>
internal sealed record AgreementView(
    Guid Id, string Status, string Title, string Form, string Structure, string System, string? Population, IReadOnlyList<string> Services,
    DateOnly From, DateOnly To, IReadOnlyList<PartyView> Parties, IReadOnlyList<Guid> RiskShares,
    int TermsVersion, int NoticeMonths, string OnWithdrawal, Guid? HeadAgreement, IReadOnlyList<NoticeSummary> Notices, IReadOnlyList<Gate> Gates)
{
    public static async Task<AgreementView> OfAsync(ContractsSession session, Agreement agreement, CancellationToken ct) =>
        Of(agreement, await session.NamesAsync(agreement.Organisations, ct));

    public static AgreementView Of(Agreement a, IReadOnlyDictionary<string, string> names) => new(
        a.Id, a.Status, a.Title, a.Form, a.Structure, a.System, a.Population, a.Services, a.StartsOn, a.EndsOn,
        [
            .. a.Parties.Concat(a.Left).Select(p =>
                new PartyView(p.Organisation, names.GetValueOrDefault(p.Organisation), p.Role, p.Signatory, p.Signature, p.Prime,
                a.Notices.FirstOrDefault(n => n.Organisation == p.Organisation)?.LeavesOn)),
        ],
        a.RiskShares, a.TermsVersion, a.NoticeMonths, a.OnWithdrawal, a.HeadAgreementId,
        [.. a.Notices.Select(n => new NoticeSummary(n.Id, n.Organisation, n.GivenOn, n.LeavesOn, n.Outcome))], a.Gates);
}

/// <param name="Signature">Who signed for the party and when; null until then.</param>
/// <param name="LeavesOn">Its last day, once it has given notice.</param>
internal sealed record PartyView(string Organisation, string? Name, string Role, Signatory Signatory, Signature? Signature, bool Prime, DateOnly? LeavesOn);

/// <param name="Outcome"><c>agreement-ends</c> or <c>party-leaves</c>.</param>
internal sealed record NoticeSummary(Guid Id, string Organisation, DateOnly GivenOn, DateOnly LeavesOn, string Outcome);
