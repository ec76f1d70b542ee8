using System.Text.Json.Serialization;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// One version of one period's settlement. Its statement never changes; a correction is the next version, which posts only
/// its difference from the version agreed before. A provisional one is a preview, never agreed or posted.
/// Once every party has finalised an agreed version the period is locked.
/// </summary>
/// <param name="Parties">The organisations that agree it: the parties of the risk-share in that period.</param>
/// <param name="Sha256">Of the statement's canonical bytes, which are in the table <c>statement</c> under the settlement's id.</param>
/// <param name="CorrectsNumber">The version agreed before, whose transfers the postings are the difference from.</param>
/// <param name="Differences">
/// Lines whose results differ from the agreed version that it corrects (the differences of the transfers are the postings); if there is
/// none, from the version before.
/// </param>
internal sealed record Settlement(
    Guid RiskShareId, string Period, int Number, string Status, string[] Parties, string Sha256, DateTimeOffset ProposedAt,
    int? CorrectsNumber, IReadOnlyList<LineDifference> Differences, IReadOnlyList<SettlementPosting> Postings) : Document
{
    public const string Proposed = "proposed";
    public const string Agreed = "agreed";
    public const string Superseded = "superseded";
    public const string Provisional = "provisional";
    public const string Final = "final";

    public static readonly string[] Statuses = [Provisional, Proposed, Agreed, Final, Superseded];

    public IReadOnlyList<Acceptance> Agreements { get; init; } = [];

    public IReadOnlyList<Dispute> Disputes { get; init; } = [];

    public IReadOnlyList<Acceptance> Finalised { get; init; } = [];

    /// <summary>
    /// Proposed, agreed or final. Only a later proposal supersedes a proposal, so a period that was ever proposed has such a version; a
    /// period with previews only has none.
    /// </summary>
    [JsonIgnore]
    public bool Binds => Status is Proposed or Agreed or Final;

    /// <summary>The earlier version of a period that the next is compared with: the agreed one, else the last.</summary>
    public static Settlement? ComparedWith(IReadOnlyList<Settlement> earlier) => earlier.LastOrDefault(s => s.Status == Agreed) ?? earlier.LastOrDefault();

    /// <summary>The next version of a period, and the earlier ones that it supersedes.</summary>
    /// <param name="earlier">All earlier versions of the period, in order.</param>
    /// <param name="compared">The statement of <see cref="ComparedWith"/>.</param>
    public static (Settlement Settlement, IReadOnlyList<Settlement> Superseded) Propose(
        RiskShare riskShare, string[] parties, Statement statement, string sha256, IReadOnlyList<Settlement> earlier, Statement? compared, bool provisional,
        DateTimeOffset now)
    {
        var agreed = earlier.LastOrDefault(s => s.Status == Agreed);
        var settlement = new Settlement(
            riskShare.Id, statement.Period, earlier.Count + 1, provisional ? Provisional : Proposed, parties, sha256, now, agreed?.Number,
            compared is null ? [] : LineDifference.Between(compared.Lines, statement.Lines), PostingsOf(statement, agreed is null ? null : compared));
        // A provisional version supersedes no proposal.
        return (settlement, [.. earlier.Where(e => e.Status == Provisional || (e.Status == Proposed && !provisional))
            .Select(e => e with { Status = Superseded })]);
    }

    /// <summary>A party agrees. With the last one the version is agreed.</summary>
    public Settlement Agree(string organisation, ActingUser user, DateTimeOffset now)
    {
        CheckOpen(organisation);
        if (Disputes.Any(d => d.Organisation == organisation && d.WithdrawnAt is null))
            throw new RuleViolation(ContractsProblems.DisputeOpen, ContractsProblems.DisputeOpen.Explanation);
        if (Agreements.Any(a => a.Organisation == organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, "Your organisation has agreed this version.");
        var next = this with { Agreements = [.. Agreements, new Acceptance(organisation, new Signature(user.Name, user.Role, now))] };
        return Parties.All(p => next.Agreements.Any(a => a.Organisation == p)) ? next with { Status = Agreed } : next;
    }

    /// <summary>A party finalises an agreed version. With the last one the version is final, which locks the period.</summary>
    public Settlement Finalise(string organisation, ActingUser user, DateTimeOffset now)
    {
        if (!Parties.Contains(organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, ContractsProblems.NotAParty.Explanation);
        if (Status != Agreed)
            throw new RuleViolation(ContractsProblems.SettlementClosed, $"This version is {Status}; only an agreed one is finalised.");
        if (Finalised.Any(f => f.Organisation == organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, "Your organisation has finalised this version.");
        var next = this with { Finalised = [.. Finalised, new Acceptance(organisation, new Signature(user.Name, user.Role, now))] };
        return Parties.All(p => next.Finalised.Any(f => f.Organisation == p)) ? next with { Status = Final } : next;
    }

    /// <summary>A party disputes a line, and takes back its agreement if it had given it.</summary>
    public Settlement Dispute(string organisation, Statement statement, int line, string reason, ActingUser user, DateTimeOffset now)
    {
        CheckOpen(organisation);
        if (statement.Lines.All(l => l.Number != line))
            throw new RuleViolation(ContractsProblems.NoSuchLine, ContractsProblems.NoSuchLine.Explanation);
        return this with
        {
            Agreements = [.. Agreements.Where(a => a.Organisation != organisation)],
            Disputes = [.. Disputes, new Dispute(Guid.CreateVersion7(), organisation, line, reason, new Signature(user.Name, user.Role, now), null)],
        };
    }

    /// <summary>The party that raised a dispute withdraws it. It agrees separately.</summary>
    public Settlement Withdraw(string organisation, Guid disputeId, DateTimeOffset now)
    {
        CheckOpen(organisation);
        var dispute = Disputes.FirstOrDefault(d => d.Id == disputeId) ?? throw Problems.Missing();
        if (dispute.Organisation != organisation)
            throw new RuleViolation(ContractsProblems.NotAParty, "Only the organisation that raised a dispute can withdraw it.");
        if (dispute.WithdrawnAt is not null)
            throw new RuleViolation(ContractsProblems.DisputeClosed, ContractsProblems.DisputeClosed.Explanation);
        return this with { Disputes = [.. Disputes.Select(d => d == dispute ? d with { WithdrawnAt = now } : d)] };
    }

    public SettlementAgreed ToEvent(RiskShare riskShare, Statement statement, DateTimeOffset now) => new(
        Id, RiskShareId, riskShare.Title, Period, Number, statement.Terms.Fund, statement.Terms.FundId, statement.Terms.System,
        statement.Terms.Currency, Postings, Sha256, now);

    private void CheckOpen(string organisation)
    {
        if (!Parties.Contains(organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, ContractsProblems.NotAParty.Explanation);
        if (Status != Proposed)
            throw new RuleViolation(ContractsProblems.SettlementClosed, $"This version is {Status}.");
    }

    private static IReadOnlyList<SettlementPosting> PostingsOf(Statement statement, Statement? agreed) =>
        [.. statement.Transfers.Select(t =>
            new SettlementPosting(t.Party, t.Amount - (agreed?.Transfers.FirstOrDefault(a => a.Party == t.Party)?.Amount ?? 0), t.Line))];
}

internal sealed record Dispute(Guid Id, string Organisation, int Line, string Reason, Signature RaisedBy, DateTimeOffset? WithdrawnAt);
