using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Contracts.Storage;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>Documents that several endpoints answer with.</summary>
internal sealed record AgreementView(
    Guid Id, string Status, string Title, string Form, string Structure, string System, string? Population, IReadOnlyList<string> Services,
    DateOnly From, DateOnly To, IReadOnlyList<PartyView> Parties, IReadOnlyList<Guid> RiskShares)
{
    public static async Task<AgreementView> OfAsync(ContractsDb db, Agreement agreement, CancellationToken ct) =>
        Of(agreement, await Names.OfAsync(db, agreement.Parties, ct));

    public static AgreementView Of(Agreement a, IReadOnlyDictionary<string, string> names) => new(
        a.Id, a.Status, a.Document.Title, a.Document.Form, a.Document.Structure, a.Document.System, a.Document.Population, a.Document.Services, a.StartsOn, a.EndsOn,
        [.. a.Document.Parties.Select(p => new PartyView(p.Organisation, names.GetValueOrDefault(p.Organisation), p.Role, p.Signatory, p.Signature))], a.Document.RiskShares);
}

/// <param name="Signature">Who signed for the party and when; null until then.</param>
internal sealed record PartyView(string Organisation, string? Name, string Role, Signatory Signatory, Signature? Signature);

/// <param name="Status"><c>proposed</c>, or <c>agreed</c> once every party has signed or accepted it.</param>
internal sealed record RiskShareView(
    Guid Id, Guid AgreementId, string Status, string Title, int TermsVersion, RiskShareTerms Terms, IReadOnlyList<string> Parties, IReadOnlyList<Acceptance> Acceptances)
{
    public static RiskShareView Of(RiskShare r) => new(r.Id, r.AgreementId, r.Status, r.Document.Title, r.Document.TermsVersion, r.Document.Terms, r.Parties, r.Document.Acceptances);
}

/// <param name="Sha256">Of the statement's canonical bytes, which <c>.../statement</c> gives.</param>
/// <param name="Postings">What agreement posts: the difference from the version agreed before.</param>
internal sealed record SettlementView(
    Guid Id, Guid RiskShareId, string Period, int Number, string Status, DateTimeOffset ProposedAt, string Sha256, Statement Statement,
    int? CorrectsNumber, IReadOnlyList<LineDifference> Differences, IReadOnlyList<SettlementPosting> Postings,
    IReadOnlyList<Acceptance> Agreements, IReadOnlyList<string> Awaiting, IReadOnlyList<Dispute> Disputes)
{
    public static SettlementView Of(Settlement s) => new(
        s.Id, s.RiskShareId, s.Period, s.Number, s.Status, s.Document.ProposedAt, s.Sha256, Domain.Statement.FromBytes(s.Statement), s.Document.CorrectsNumber,
        s.Document.Differences, s.Document.Postings, s.Document.Agreements,
        s.Status == Settlement.Proposed ? [.. s.Parties.Where(p => s.Document.Agreements.All(a => a.Organisation != p))] : [], s.Document.Disputes);
}

internal sealed record SettlementSummary(
    Guid Id, Guid RiskShareId, string Period, int Number, string Status, DateTimeOffset ProposedAt, string Sha256, IReadOnlyList<StatementTransfer> Transfers, int OpenDisputes)
{
    public static SettlementSummary Of(Settlement s) => new(
        s.Id, s.RiskShareId, s.Period, s.Number, s.Status, s.Document.ProposedAt, s.Sha256, Statement.FromBytes(s.Statement).Transfers,
        s.Document.Disputes.Count(d => d.WithdrawnAt is null));
}

internal static class Names
{
    public static async Task<IReadOnlyDictionary<string, string>> OfAsync(ContractsDb db, IEnumerable<string> codes, CancellationToken ct)
    {
        var wanted = codes.Distinct().ToArray();
        return await db.Organisations.Where(o => wanted.Contains(o.Code)).ToDictionaryAsync(o => o.Code, o => o.DisplayName, ct);
    }
}
