using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Contracts.Domain;

/// <summary>
/// One version of one period's settlement. Its statement never changes; a correction is the next version, which posts only
/// its difference from the version agreed before. A provisional one shows how the period stands, and is never agreed or posted.
/// Once every party has finalised an agreed version the period is locked.
/// </summary>
internal sealed class Settlement : Aggregate
{
    public const string Proposed = "proposed";
    public const string Agreed = "agreed";
    public const string Superseded = "superseded";
    public const string Provisional = "provisional";
    public const string Final = "final";

    public static readonly string[] Statuses = [Provisional, Proposed, Agreed, Final, Superseded];

    public Guid RiskShareId { get; private set; }
    public string Period { get; private set; } = "";
    public int Number { get; private set; }
    public string Status { get; private set; } = Proposed;
    public string[] Parties { get; private set; } = [];
    public byte[] Statement { get; private set; } = [];
    public string Sha256 { get; private set; } = "";
    public SettlementDocument Document { get; private set; } = null!;

    /// <summary>Proposed, agreed or final. A proposal gives way to a later one only, so a period that was ever proposed has such a version; what was only shown has none.</summary>
    public bool Binds => Status is Proposed or Agreed or Final;

    private Settlement()
    {
    }

    /// <param name="parties">Who agrees it: the parties of the risk-share in that period.</param>
    /// <param name="earlier">All earlier versions of the period, in order.</param>
    public Settlement(RiskShare riskShare, string[] parties, Statement statement, byte[] bytes, IReadOnlyList<Settlement> earlier, bool provisional, DateTimeOffset now)
    {
        Status = provisional ? Provisional : Proposed;
        RiskShareId = riskShare.Id;
        Period = statement.Period;
        Number = earlier.Count + 1;
        Parties = parties;
        Statement = bytes;
        Sha256 = Domain.Statement.Sha256(bytes);
        var agreed = earlier.LastOrDefault(s => s.Status == Agreed);
        Document = new SettlementDocument(
            now, [], [],
            agreed?.Number,
            (agreed ?? earlier.LastOrDefault()) is { } compared ? LineDifference.Between(Domain.Statement.FromBytes(compared.Statement), statement) : [],
            Postings(statement, agreed is null ? null : Domain.Statement.FromBytes(agreed.Statement)));
        // A provisional version takes no proposal's place.
        foreach (var before in earlier.Where(e => e.Status == Provisional || (e.Status == Proposed && !provisional)))
            before.Status = Superseded;
    }

    /// <summary>A party agrees; true when it was the last one.</summary>
    public bool Agree(string organisation, ActingUser user, DateTimeOffset now)
    {
        CheckOpen(organisation);
        if (Document.Disputes.Any(d => d.Organisation == organisation && d.WithdrawnAt is null))
            throw new RuleViolation(ContractsProblems.DisputeOpen, ContractsProblems.DisputeOpen.Explanation);
        if (Document.Agreements.Any(a => a.Organisation == organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, "Your organisation has agreed this version.");
        Document = Document with { Agreements = [.. Document.Agreements, new Acceptance(organisation, new Signature(user.Name, user.Role, now))] };
        if (!Parties.All(p => Document.Agreements.Any(a => a.Organisation == p)))
            return false;
        Status = Agreed;
        return true;
    }

    /// <summary>A party finalises an agreed version; true when it was the last one, which locks the period.</summary>
    public bool Finalise(string organisation, ActingUser user, DateTimeOffset now)
    {
        if (!Parties.Contains(organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, ContractsProblems.NotAParty.Explanation);
        if (Status != Agreed)
            throw new RuleViolation(ContractsProblems.SettlementClosed, $"This version is {Status}; only an agreed one is finalised.");
        var finalised = Document.Finalised ?? [];
        if (finalised.Any(f => f.Organisation == organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, "Your organisation has finalised this version.");
        Document = Document with { Finalised = [.. finalised, new Acceptance(organisation, new Signature(user.Name, user.Role, now))] };
        if (!Parties.All(p => Document.Finalised.Any(f => f.Organisation == p)))
            return false;
        Status = Final;
        return true;
    }

    /// <summary>A party disputes a line, and takes back its agreement if it had given it.</summary>
    public void Dispute(string organisation, int line, string reason, ActingUser user, DateTimeOffset now)
    {
        CheckOpen(organisation);
        if (Domain.Statement.FromBytes(Statement).Lines.All(l => l.Number != line))
            throw new RuleViolation(ContractsProblems.NoSuchLine, ContractsProblems.NoSuchLine.Explanation);
        Document = Document with
        {
            Agreements = [.. Document.Agreements.Where(a => a.Organisation != organisation)],
            Disputes = [.. Document.Disputes, new Dispute(Guid.CreateVersion7(), organisation, line, reason, new Signature(user.Name, user.Role, now), null)],
        };
    }

    /// <summary>The party that raised a dispute withdraws it. It agrees separately.</summary>
    public void Withdraw(string organisation, Guid disputeId, DateTimeOffset now)
    {
        CheckOpen(organisation);
        var dispute = Document.Disputes.FirstOrDefault(d => d.Id == disputeId) ?? throw Problems.Missing();
        if (dispute.Organisation != organisation)
            throw new RuleViolation(ContractsProblems.NotAParty, "Only the organisation that raised a dispute can withdraw it.");
        if (dispute.WithdrawnAt is not null)
            throw new RuleViolation(ContractsProblems.DisputeClosed, ContractsProblems.DisputeClosed.Explanation);
        Document = Document with { Disputes = [.. Document.Disputes.Select(d => d == dispute ? d with { WithdrawnAt = now } : d)] };
    }

    public SettlementAgreed ToEvent(RiskShare riskShare, DateTimeOffset now)
    {
        var terms = Domain.Statement.FromBytes(Statement).Terms;
        return new SettlementAgreed(Id, RiskShareId, riskShare.Document.Title, Period, Number, terms.Fund, terms.System, terms.Currency, Document.Postings, Sha256, now);
    }

    private void CheckOpen(string organisation)
    {
        if (!Parties.Contains(organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, ContractsProblems.NotAParty.Explanation);
        if (Status != Proposed)
            throw new RuleViolation(ContractsProblems.SettlementClosed, $"This version is {Status}.");
    }

    private static IReadOnlyList<SettlementPosting> Postings(Statement statement, Statement? agreed) =>
        [.. statement.Transfers.Select(t => new SettlementPosting(t.Party, t.Amount - (agreed?.Transfers.FirstOrDefault(a => a.Party == t.Party)?.Amount ?? 0), t.Line))];
}

/// <param name="CorrectsNumber">The version agreed before, whose transfers the postings are the difference from.</param>
/// <param name="Differences">Lines whose results differ from the version it corrects, so that those of the transfers are the postings; where none was agreed, from the version before.</param>
internal sealed record SettlementDocument(
    DateTimeOffset ProposedAt,
    IReadOnlyList<Acceptance> Agreements,
    IReadOnlyList<Dispute> Disputes,
    int? CorrectsNumber,
    IReadOnlyList<LineDifference> Differences,
    IReadOnlyList<SettlementPosting> Postings,
    IReadOnlyList<Acceptance>? Finalised = null);

internal sealed record Dispute(Guid Id, string Organisation, int Line, string Reason, Signature RaisedBy, DateTimeOffset? WithdrawnAt);
