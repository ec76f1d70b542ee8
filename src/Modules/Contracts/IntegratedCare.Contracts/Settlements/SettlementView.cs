using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.Contracts.Settlements;

/// <param name="Sha256">Of the statement's canonical bytes, which <c>.../statement</c> gives.</param>
/// <param name="Postings">The amounts that are posted once all agree: the difference from the version agreed before.</param>
internal sealed record SettlementView(
    Guid Id, Guid RiskShareId, string Period, int Number, string Status, DateTimeOffset ProposedAt, string Sha256, Statement Statement,
    int? CorrectsNumber, IReadOnlyList<LineDifference> Differences, IReadOnlyList<SettlementPosting> Postings,
    IReadOnlyList<Acceptance> Agreements, IReadOnlyList<string> Awaiting, IReadOnlyList<Dispute> Disputes, IReadOnlyList<Acceptance> Finalised)
{
    public static SettlementView Of(Settlement s, Statement statement, AccessContext caller)
    {
        var book = OpenBook.For(statement, caller);
        return new(
            s.Id, s.RiskShareId, s.Period, s.Number, s.Status, s.ProposedAt, s.Sha256, book.Filter(statement), s.CorrectsNumber,
            [.. s.Differences.Where(d => book.Shows(d.Code))], [.. s.Postings.Where(p => book.ShowsParty(p.Party))], s.Agreements,
            s.Status == Settlement.Proposed ? [.. s.Parties.Where(p => s.Agreements.All(a => a.Organisation != p))] : [], s.Disputes, s.Finalised);
    }
}

internal sealed record SettlementSummary(
    Guid Id, Guid RiskShareId, string Period, int Number, string Status, DateTimeOffset ProposedAt, string Sha256, IReadOnlyList<StatementTransfer> Transfers,
    int OpenDisputes)
{
    public static SettlementSummary Of(Settlement s, Statement statement, AccessContext caller) => new(
        s.Id, s.RiskShareId, s.Period, s.Number, s.Status, s.ProposedAt, s.Sha256, OpenBook.For(statement, caller).Filter(statement).Transfers,
        s.Disputes.Count(d => d.WithdrawnAt is null));
}
