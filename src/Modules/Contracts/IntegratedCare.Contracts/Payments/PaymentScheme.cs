using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Contracts.Domain.Payments;

/// <summary>
/// Payment terms under an agreement. Every party's named signatory accepts them, whenever they were added; they pay once all
/// have and the agreement is in force. They never change: other terms take their place from a day on, see <see cref="PaymentSuccession"/>.
/// </summary>
internal sealed class PaymentScheme : Aggregate
{
    public const string Proposed = "proposed";
    public const string Agreed = "agreed";

    public Guid AgreementId { get; private set; }
    public string Status { get; private set; } = Proposed;
    public string[] Parties { get; private set; } = [];
    public PaymentSchemeDocument Document { get; private set; } = null!;

    private PaymentScheme()
    {
    }

    /// <param name="effectiveFrom">The first day they pay for; null: from the agreement's first day.</param>
    /// <param name="supersedes">The terms whose place they take on that day.</param>
    public PaymentScheme(Agreement agreement, string title, PaymentTerms terms, DateOnly? effectiveFrom = null, Guid? supersedes = null)
    {
        if (agreement.Status == Agreement.Ended)
            throw new RuleViolation(ContractsProblems.AgreementClosed, "The agreement has ended.");
        AgreementId = agreement.Id;
        Parties = [.. agreement.Document.Parties.Select(p => p.Organisation)];
        Document = new PaymentSchemeDocument(title, terms, []) { EffectiveFrom = effectiveFrom, Supersedes = supersedes };
    }

    /// <summary>A party accepts. The last acceptance makes the terms bind, and end those whose place they take.</summary>
    /// <param name="all">All payment terms of the agreement, as they are now.</param>
    /// <param name="paid">The payments under those whose place these take.</param>
    public void Accept(Agreement agreement, string organisation, ActingUser signatory, IReadOnlyList<PaymentScheme> all, IEnumerable<Payment> paid, DateTimeOffset now)
    {
        var party = agreement.Party(organisation);
        if (!Parties.Contains(organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, ContractsProblems.NotAParty.Explanation);
        if (Document.Acceptances.Any(a => a.Organisation == organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
        Document = Document with { Acceptances = [.. Document.Acceptances, new Acceptance(organisation, party.Sign(signatory, now))] };
        PaymentSuccession.Check(this, agreement, all, paid);
        if (Awaiting.Count > 0)
            return;
        Status = Agreed;
        if (PaymentSuccession.Before(this, all).FirstOrDefault() is { } before)
            before.Document = before.Document with { SupersededBy = Id, SupersededFrom = Document.EffectiveFrom };
    }

    public IReadOnlyList<string> Awaiting => [.. Parties.Where(p => Document.Acceptances.All(a => a.Organisation != p))];

    /// <summary>Refuses a period that these terms cannot pay, with the reason.</summary>
    public void CheckPays(Agreement agreement, SettlementPeriod period, DateOnly today)
    {
        if (Status != Agreed)
            throw new RuleViolation(ContractsProblems.PaymentNotInForce, $"Not yet accepted by: {string.Join(", ", Awaiting)}.");
        if (agreement.Status is Agreement.Draft or Agreement.Agreed)
            throw new RuleViolation(ContractsProblems.PaymentNotInForce, $"The agreement is {agreement.Status}.");
        if (period.First < agreement.StartsOn || period.Last > agreement.EndsOn)
            throw new RuleViolation(ContractsProblems.PeriodOutside, $"The agreement runs from {agreement.StartsOn:yyyy-MM-dd} to {agreement.EndsOn:yyyy-MM-dd}.");
        if (Document.EffectiveFrom is { } from && period.First < from)
            throw Outside(period, from, $"These terms pay from {from:yyyy-MM-dd}{(Document.Supersedes is { } before ? $"; payment terms {before} pay before it" : "")}.");
        if (Document.SupersededFrom is { } until && period.Last >= until)
            throw Outside(period, until, $"From {until:yyyy-MM-dd} payment terms {Document.SupersededBy} pay in place of these.");
        if (agreement.Leavers.FirstOrDefault(n => n.LeavesOn < period.Last && (n.Organisation == Document.Terms.Payer || n.Organisation == Document.Terms.Provider)) is { } leaver)
            throw new RuleViolation(ContractsProblems.PeriodOutside, $"{leaver.Organisation} leaves on {leaver.LeavesOn:yyyy-MM-dd}.");
        if (Document.Terms.NeedsActuals && period.Last >= today)
            throw new RuleViolation(ContractsProblems.TooEarly, $"{period.Label} ends on {period.Last:yyyy-MM-dd}, and these terms pay for what happened in it.");
    }

    private static RuleViolation Outside(SettlementPeriod period, DateOnly day, string why) =>
        new(period.First < day && day <= period.Last ? ContractsProblems.PeriodStraddles : ContractsProblems.PaymentNotInForce, why);

    /// <summary>
    /// What was paid for parts of a period, by the latest version of each; under the terms whose place these take, also for the
    /// whole of it. Refuses a period of which another one covers some months only, or more than all: the same month is paid once,
    /// or on account of a longer period.
    /// </summary>
    /// <param name="payments">Under these terms and all those whose place they take.</param>
    public IReadOnlyList<PaidOnAccount> OnAccount(SettlementPeriod period, IEnumerable<Payment> payments)
    {
        var paid = new List<PaidOnAccount>();
        foreach (var other in payments.Where(p => p.PaymentTermsId != Id || p.Period != period.Label).GroupBy(p => (p.PaymentTermsId, p.Period)).Select(g => g.MaxBy(p => p.Number)!))
        {
            var part = SettlementPeriod.Parse(other.Period)!;
            if (!part.Overlaps(period))
                continue;
            if (part.First < period.First || part.Last > period.Last)
                throw new RuleViolation(ContractsProblems.PaymentOverlaps, $"{other.Period} is paid already and covers some of the same months.");
            paid.Add(new PaidOnAccount(other.Period, other.Number, other.Amount, other.PaymentTermsId == Id ? null : other.PaymentTermsId));
        }

        return paid;
    }
}

internal sealed record PaymentSchemeDocument(string Title, PaymentTerms Terms, IReadOnlyList<Acceptance> Acceptances)
{
    /// <summary>The first day they pay for, the first of a month; null: from the agreement's first day.</summary>
    public DateOnly? EffectiveFrom { get; init; }

    /// <summary>The terms whose place they take on that day.</summary>
    public Guid? Supersedes { get; init; }

    /// <summary>The terms that take their place, once every party has accepted those.</summary>
    public Guid? SupersededBy { get; init; }
    public DateOnly? SupersededFrom { get; init; }
}

/// <summary>One version of one period's payment. It never changes; a correction is the next version.</summary>
internal sealed class Payment : Aggregate
{
    public Guid PaymentTermsId { get; private set; }
    public string Period { get; private set; } = "";
    public int Number { get; private set; }
    public string[] Parties { get; private set; } = [];

    /// <summary>What the provider receives; negative when it pays back.</summary>
    public decimal Amount { get; private set; }
    public byte[] Statement { get; private set; } = [];
    public string Sha256 { get; private set; } = "";
    public PaymentDocument Document { get; private set; } = null!;

    private Payment()
    {
    }

    /// <param name="earlier">The version before; null for the first.</param>
    public Payment(PaymentScheme scheme, PaymentStatement statement, byte[] bytes, Payment? earlier, string organisation, DateTimeOffset now)
    {
        PaymentTermsId = scheme.Id;
        Period = statement.Period;
        Number = (earlier?.Number ?? 0) + 1;
        Parties = scheme.Parties;
        Amount = statement.Transfers.First(t => t.Party == statement.Terms.Provider).Amount;
        Statement = bytes;
        Sha256 = Domain.Statement.Sha256(bytes);
        Document = new PaymentDocument(organisation, now, earlier is null ? [] : LineDifference.Between(PaymentStatement.FromBytes(earlier.Statement).Lines, statement.Lines));
    }
}

/// <param name="Differences">Lines whose results differ from the version before.</param>
internal sealed record PaymentDocument(string ProposedBy, DateTimeOffset ProposedAt, IReadOnlyList<LineDifference> Differences);
