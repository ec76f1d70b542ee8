using System.Text.Json.Serialization;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// Payment terms under an agreement. Every party's named signatory accepts them, whenever they were added; they pay once all
/// have and the agreement is in force. They never change: other terms can supersede them from a day on, see <see cref="PaymentSuccession"/>.
/// </summary>
internal sealed record PaymentScheme(Guid AgreementId, string Title, PaymentTerms Terms, string[] Parties) : Document
{
    public const string Proposed = "proposed";
    public const string Agreed = "agreed";

    public string Status { get; init; } = Proposed;

    public IReadOnlyList<Acceptance> Acceptances { get; init; } = [];

    /// <summary>The first day they pay for, the first of a month; null: from the agreement's first day.</summary>
    public DateOnly? EffectiveFrom { get; init; }

    /// <summary>The terms that they supersede on that day.</summary>
    public Guid? Supersedes { get; init; }

    /// <summary>The terms that supersede these, once every party has accepted those.</summary>
    public Guid? SupersededBy { get; init; }
    public DateOnly? SupersededFrom { get; init; }

    [JsonIgnore]
    public IReadOnlyList<string> Awaiting => [.. Parties.Where(p => Acceptances.All(a => a.Organisation != p))];

    /// <param name="effectiveFrom">The first day they pay for; null: from the agreement's first day.</param>
    /// <param name="supersedes">The terms that they supersede on that day.</param>
    public static PaymentScheme Of(Agreement agreement, string title, PaymentTerms terms, DateOnly? effectiveFrom = null, Guid? supersedes = null) =>
        agreement.Status == Agreement.Ended
            ? throw new RuleViolation(ContractsProblems.AgreementClosed, "The agreement has ended.")
            : new(agreement.Id, title, terms, [.. agreement.Parties.Select(p => p.Organisation)]) { EffectiveFrom = effectiveFrom, Supersedes = supersedes };

    /// <summary>A party accepts. The last acceptance makes the terms binding and ends those that they supersede.</summary>
    /// <param name="all">All payment terms of the agreement, as they are now.</param>
    /// <param name="paid">The payments under the superseded terms.</param>
    public (PaymentScheme Next, PaymentScheme? Superseded) Accept(
        Agreement agreement, string organisation, ActingUser signatory, IReadOnlyList<PaymentScheme> all, IEnumerable<Payment> paid, DateTimeOffset now)
    {
        var party = agreement.Party(organisation);
        if (!Parties.Contains(organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, ContractsProblems.NotAParty.Explanation);
        if (Acceptances.Any(a => a.Organisation == organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
        var next = this with { Acceptances = [.. Acceptances, new Acceptance(organisation, party.Sign(signatory, now))] };
        PaymentSuccession.Check(next, agreement, all, paid);
        if (next.Awaiting.Count > 0)
            return (next, null);
        var before = PaymentSuccession.Predecessors(this, all).FirstOrDefault();
        return (next with { Status = Agreed }, before is null ? null : before with { SupersededBy = Id, SupersededFrom = EffectiveFrom });
    }

    /// <summary>Refuses a period that these terms cannot pay, with the reason.</summary>
    public void CheckPays(Agreement agreement, Period period, DateOnly today)
    {
        if (Status != Agreed)
            throw new RuleViolation(ContractsProblems.PaymentNotInForce, $"Not yet accepted by: {string.Join(", ", Awaiting)}.");
        if (agreement.Status is Agreement.Draft or Agreement.Agreed)
            throw new RuleViolation(ContractsProblems.PaymentNotInForce, $"The agreement is {agreement.Status}.");
        if (period.First < agreement.StartsOn || period.Last > agreement.EndsOn)
        {
            throw new RuleViolation(ContractsProblems.PeriodOutside,
                $"The agreement runs from {agreement.StartsOn:yyyy-MM-dd} to {agreement.EndsOn:yyyy-MM-dd}.");
        }

        if (EffectiveFrom is { } from && period.First < from)
        {
            throw Outside(period, from, $"These terms pay from "
                + $"{from:yyyy-MM-dd}{(Supersedes is { } before ? $"; payment terms {before} pay before it" : "")}.");
        }

        if (SupersededFrom is { } until && period.Last >= until)
            throw Outside(period, until, $"From {until:yyyy-MM-dd} payment terms {SupersededBy} pay in place of these.");
        var leavers = agreement.Leavers.Where(n => n.Organisation == Terms.Payer || n.Organisation == Terms.Provider);
        if (leavers.FirstOrDefault(n => n.LeavesOn < period.Last) is { } leaver)
            throw new RuleViolation(ContractsProblems.PeriodOutside, $"{leaver.Organisation} leaves on {leaver.LeavesOn:yyyy-MM-dd}.");
        if (Terms.NeedsActuals && period.Last >= today)
        {
            throw new RuleViolation(ContractsProblems.TooEarly,
                $"{period.Label} ends on {period.Last:yyyy-MM-dd}, and these terms pay for what happened in it.");
        }
    }

    private static RuleViolation Outside(Period period, DateOnly day, string why) =>
        new(period.First < day && day <= period.Last ? ContractsProblems.PeriodStraddles : ContractsProblems.PaymentNotInForce, why);

    /// <summary>
    /// The earlier payments for parts of a period, each in its latest version; under superseded terms, also for the whole of it. Refuses a
    /// period that overlaps a paid one without containing it: a month is paid once, or on account of a longer period.
    /// </summary>
    /// <param name="payments">Under these terms and all superseded ones.</param>
    public IReadOnlyList<PaidOnAccount> OnAccount(Period period, IEnumerable<Payment> payments)
    {
        var paid = new List<PaidOnAccount>();
        var others = payments.Where(p => p.PaymentTermsId != Id || p.Period != period.Label);
        foreach (var other in others.GroupBy(p => (p.PaymentTermsId, p.Period)).Select(g => g.MaxBy(p => p.Number)!))
        {
            var part = Period.Parse(other.Period)!;
            if (!part.Overlaps(period))
                continue;
            if (part.First < period.First || part.Last > period.Last)
                throw new RuleViolation(ContractsProblems.PaymentOverlaps, $"{other.Period} is paid already and covers some of the same months.");
            paid.Add(new PaidOnAccount(other.Period, other.Number, other.Amount, other.PaymentTermsId == Id ? null : other.PaymentTermsId));
        }

        return paid;
    }
}
