using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared.Access;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>Documents that several endpoints answer with.</summary>
/// <param name="TermsVersion">The version of the terms in force; all are at <c>.../terms</c>.</param>
/// <param name="OnWithdrawal">What becomes of the share of a party that leaves: <c>ends</c> (the whole agreement does), <c>pro-rata</c> over the others, or <c>to-payer</c>.</param>
/// <param name="HeadAgreement">The agreement it is let under, if it is a subcontract.</param>
internal sealed record AgreementView(
    Guid Id, string Status, string Title, string Form, string Structure, string System, string? Population, IReadOnlyList<string> Services,
    DateOnly From, DateOnly To, IReadOnlyList<PartyView> Parties, IReadOnlyList<Guid> RiskShares,
    int TermsVersion, int NoticeMonths, string OnWithdrawal, Guid? HeadAgreement, IReadOnlyList<NoticeSummary> Notices, IReadOnlyList<Gate> Gates)
{
    public static async Task<AgreementView> OfAsync(ContractsDb db, Agreement agreement, CancellationToken ct) =>
        Of(agreement, await Names.OfAsync(db, agreement.Parties, ct));

    public static AgreementView Of(Agreement a, IReadOnlyDictionary<string, string> names) => new(
        a.Id, a.Status, a.Document.Title, a.Document.Form, a.Document.Structure, a.Document.System, a.Document.Population, a.Document.Services, a.StartsOn, a.EndsOn,
        [
            .. a.Document.Parties.Concat(a.Document.Left).Select(p => new PartyView(p.Organisation, names.GetValueOrDefault(p.Organisation), p.Role, p.Signatory, p.Signature, p.Prime,
                a.Document.Notices.FirstOrDefault(n => n.Organisation == p.Organisation)?.LeavesOn)),
        ],
        a.Document.RiskShares, a.Document.TermsVersion, a.Document.NoticeMonths, a.Document.OnWithdrawal, a.HeadAgreementId,
        [.. a.Document.Notices.Select(n => new NoticeSummary(n.Id, n.Organisation, n.GivenOn, n.LeavesOn, n.Outcome))], a.Document.Gates);
}

/// <param name="Signature">Who signed for the party and when; null until then.</param>
/// <param name="LeavesOn">Its last day, once it has given notice.</param>
internal sealed record PartyView(string Organisation, string? Name, string Role, Signatory Signatory, Signature? Signature, bool Prime, DateOnly? LeavesOn);

/// <param name="Outcome"><c>agreement-ends</c> or <c>party-leaves</c>.</param>
internal sealed record NoticeSummary(Guid Id, string Organisation, DateOnly GivenOn, DateOnly LeavesOn, string Outcome);

/// <param name="Status"><c>proposed</c>, or <c>agreed</c> once every party has signed or accepted it.</param>
/// <param name="TermsVersion">The latest version that all have accepted, which may take effect later; all are at <c>.../terms</c>.</param>
internal sealed record RiskShareView(
    Guid Id, Guid AgreementId, string Status, string Title, int TermsVersion, RiskShareTerms Terms, IReadOnlyList<string> Parties, IReadOnlyList<Acceptance> Acceptances,
    IReadOnlyList<VariationSummary> Variations)
{
    public static RiskShareView Of(RiskShare r)
    {
        var varied = r.Document.Variations.LastOrDefault(v => v.Status == Variation.Agreed);
        return new(r.Id, r.AgreementId, r.Status, r.Document.Title, varied?.Number ?? r.Document.TermsVersion, varied?.Terms ?? r.Document.Terms, r.Parties,
            varied?.Acceptances ?? r.Document.Acceptances, [.. r.Document.Variations.Select(v => new VariationSummary(v.Number, v.Status, v.EffectiveFrom))]);
    }
}

/// <param name="Status"><c>proposed</c>, <c>agreed</c> by every party, or <c>superseded</c> by a later proposal.</param>
internal sealed record VariationSummary(int Number, string Status, DateOnly EffectiveFrom);

/// <param name="Sha256">Of the statement's canonical bytes, which <c>.../statement</c> gives.</param>
/// <param name="Postings">What agreement posts: the difference from the version agreed before.</param>
internal sealed record SettlementView(
    Guid Id, Guid RiskShareId, string Period, int Number, string Status, DateTimeOffset ProposedAt, string Sha256, Statement Statement,
    int? CorrectsNumber, IReadOnlyList<LineDifference> Differences, IReadOnlyList<SettlementPosting> Postings,
    IReadOnlyList<Acceptance> Agreements, IReadOnlyList<string> Awaiting, IReadOnlyList<Dispute> Disputes, IReadOnlyList<Acceptance> Finalised)
{
    public static SettlementView Of(Settlement s, AccessContext access)
    {
        var whole = Domain.Statement.FromBytes(s.Statement);
        var book = OpenBook.To(whole, access);
        return new(
            s.Id, s.RiskShareId, s.Period, s.Number, s.Status, s.Document.ProposedAt, s.Sha256, book.Show(whole), s.Document.CorrectsNumber,
            [.. s.Document.Differences.Where(d => book.Shows(d.Code))], [.. s.Document.Postings.Where(p => book.ShowsParty(p.Party))], s.Document.Agreements,
            s.Status == Settlement.Proposed ? [.. s.Parties.Where(p => s.Document.Agreements.All(a => a.Organisation != p))] : [], s.Document.Disputes, s.Document.Finalised ?? []);
    }
}

internal sealed record SettlementSummary(
    Guid Id, Guid RiskShareId, string Period, int Number, string Status, DateTimeOffset ProposedAt, string Sha256, IReadOnlyList<StatementTransfer> Transfers, int OpenDisputes)
{
    public static SettlementSummary Of(Settlement s, AccessContext access)
    {
        var statement = Statement.FromBytes(s.Statement);
        return new(s.Id, s.RiskShareId, s.Period, s.Number, s.Status, s.Document.ProposedAt, s.Sha256, OpenBook.To(statement, access).Show(statement).Transfers,
            s.Document.Disputes.Count(d => d.WithdrawnAt is null));
    }
}

internal static class Names
{
    public static async Task<IReadOnlyDictionary<string, string>> OfAsync(ContractsDb db, IEnumerable<string> codes, CancellationToken ct)
    {
        var wanted = codes.Distinct().ToArray();
        return await db.Organisations.Where(o => wanted.Contains(o.Code)).ToDictionaryAsync(o => o.Code, o => o.DisplayName, ct);
    }
}
