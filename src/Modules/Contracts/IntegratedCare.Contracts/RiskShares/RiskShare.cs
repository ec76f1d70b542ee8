using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>
/// Risk-share terms under an agreement. A party that signs the agreement accepts every risk-share then in it; later ones are
/// accepted separately. A risk-share binds once all have accepted and the agreement is active. A variation is the next
/// version of the terms: a period is settled by the version in force on its first day.
/// </summary>
internal sealed record RiskShare(Guid AgreementId, string Title, RiskShareTerms Terms, string[] Parties) : Document
{
    public const string Proposed = "proposed";
    public const string Agreed = "agreed";

    /// <summary>The number of the terms that the risk-share was created with.</summary>
    public const int FirstVersion = 1;

    public static readonly string[] Statuses = [Proposed, Agreed];

    public string Status { get; init; } = Proposed;

    public IReadOnlyList<Acceptance> Acceptances { get; init; } = [];

    /// <summary>The versions after the first, in order.</summary>
    public IReadOnlyList<TermsVersion> Variations { get; init; } = [];

    public static RiskShare Of(Agreement agreement, string title, RiskShareTerms terms) =>
        new(agreement.Id, title, terms, [.. agreement.Parties.Select(p => p.Organisation)]);

    public bool IsAcceptedBy(string organisation) => Acceptances.Any(a => a.Organisation == organisation);

    public RiskShare Accept(Agreement agreement, string organisation, ActingUser signatory, DateTimeOffset now)
    {
        var party = agreement.Party(organisation);
        return IsAcceptedBy(organisation)
            ? throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation)
            : AcceptWith(organisation, party.Sign(signatory, now));
    }

    public RiskShare AcceptWith(string organisation, Signature signature)
    {
        var next = this with { Acceptances = [.. Acceptances, new Acceptance(organisation, signature)] };
        return Parties.All(next.IsAcceptedBy) ? next with { Status = Agreed } : next;
    }

    /// <summary>Proposes new terms as the next version. It supersedes a proposal that is still open.</summary>
    /// <param name="settled">The periods that have a settlement: each keeps one version of the terms.</param>
    public (RiskShare Next, TermsVersion Version) Vary(
        Agreement agreement, string organisation, RiskShareTerms terms, DateOnly effectiveFrom, string reason, IReadOnlyList<Period> settled,
        DateTimeOffset now)
    {
        agreement.Party(organisation);
        if (Status != Agreed)
            throw new RuleViolation(ContractsProblems.NotInForce, "The first terms have not been accepted by every party yet: there is nothing to vary.");
        if (agreement.Status is Agreement.Draft or Agreement.Ended)
            throw new RuleViolation(ContractsProblems.AgreementClosed, $"The agreement is {agreement.Status}.");
        var latest = Versions(agreement).Last(v => v.Status == Variation.Agreed);
        if (effectiveFrom < latest.EffectiveFrom || effectiveFrom > agreement.EndsOn)
        {
            throw new RuleViolation(ContractsProblems.VariationRefused,
                $"It must take effect between {latest.EffectiveFrom:yyyy-MM-dd}, when terms version {latest.Number} does, and the agreement's last day, "
                    + $"{agreement.EndsOn:yyyy-MM-dd}.");
        }

        foreach (var leaver in agreement.Leavers.Where(n => n.LeavesOn < effectiveFrom))
        {
            if (terms.Payer == leaver.Organisation || terms.Shares.Any(s => s.Party == leaver.Organisation && (s.Gain > 0 || s.Loss > 0)))
            {
                throw new RuleViolation(ContractsProblems.VariationRefused,
                    $"{leaver.Organisation} leaves on {leaver.LeavesOn:yyyy-MM-dd} and has no part in these terms.");
            }
        }

        CheckSettled(effectiveFrom, settled);
        var posted = (latest.Terms.Fund, latest.Terms.FundId, latest.Terms.System, latest.Terms.Currency);
        if (settled.Any(p => p.Last >= effectiveFrom) && (terms.Fund, terms.FundId, terms.System, terms.Currency) != posted)
        {
            throw new RuleViolation(ContractsProblems.VariationRefused,
                "Periods after that day are settled already: their fund, system and currency stay as they are.");
        }

        var number = Variations.Select(v => v.Number).DefaultIfEmpty(FirstVersion).Max() + 1;
        var version = new TermsVersion(number, Variation.Proposed, effectiveFrom, reason, organisation, now, terms, []);
        var earlier = Variations.Select(v => v.Status == Variation.Proposed ? v with { Status = Variation.Superseded } : v);
        return (this with { Variations = [.. earlier, version] }, version);
    }

    /// <summary>A party's named signatory accepts a variation. It binds once every organisation that is a party on its first day has accepted.</summary>
    public (RiskShare Next, TermsVersion Version) AcceptVariation(
        Agreement agreement, int number, string organisation, ActingUser user, IReadOnlyList<Period> settled, DateTimeOffset now)
    {
        // A party that has left also accepts terms that apply to a time when it was a party.
        var party = agreement.PartyOrFormer(organisation);
        var version = Variations.FirstOrDefault(v => v.Number == number) ?? throw Problems.Missing();
        var accepted = version.Acceptances.Any(a => a.Organisation == organisation);
        if (version.Status != Variation.Proposed)
        {
            throw new RuleViolation(accepted ? ContractsProblems.AlreadySigned : ContractsProblems.VariationClosed,
                $"Terms version {number} is {version.Status}.");
        }

        if (accepted)
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
        if (!PartiesOn(agreement, version.EffectiveFrom).Contains(organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, "Your organisation will have left when this variation takes effect.");
        CheckSettled(version.EffectiveFrom, settled);
        version = version with { Acceptances = [.. version.Acceptances, new Acceptance(organisation, party.Sign(user, now))] };
        if (PartiesOn(agreement, version.EffectiveFrom).All(p => version.Acceptances.Any(a => a.Organisation == p)))
            version = version with { Status = Variation.Agreed };
        return (this with { Variations = [.. Variations.Select(v => v.Number == number ? version : v)] }, version);
    }

    /// <summary>Every version of the terms, the first among them.</summary>
    public IReadOnlyList<TermsVersion> Versions(Agreement agreement) =>
    [
        new TermsVersion(FirstVersion, Status == Agreed ? Variation.Agreed : Variation.Proposed, agreement.StartsOn, null, null, null, Terms, Acceptances),
        .. Variations,
    ];

    /// <summary>
    /// The terms to try a period with: the agreed version in force on its first day, without the parties that have left by then; the first
    /// version while none is agreed.
    /// </summary>
    public (int Version, RiskShareTerms Terms) TermsFor(Agreement agreement, DateOnly day)
    {
        var versions = Versions(agreement);
        var version = versions.LastOrDefault(v => v.Status == Variation.Agreed && v.EffectiveFrom <= day) ?? versions[0];
        return (version.Number, WithoutLeavers(agreement, version.Terms, day) ?? version.Terms);
    }

    /// <summary>The parties on a day, without those that have left by then.</summary>
    public string[] PartiesOn(Agreement agreement, DateOnly day) =>
        [.. Parties.Where(p => agreement.Leavers.All(n => n.Organisation != p || n.LeavesOn >= day))];

    /// <summary>The terms of a version on a day, without the parties that have left by then; null once the payer has.</summary>
    public static RiskShareTerms? WithoutLeavers(Agreement agreement, RiskShareTerms terms, DateOnly day)
    {
        RiskShareTerms? remaining = terms;
        foreach (var leaver in agreement.Leavers.TakeWhile(n => n.LeavesOn < day))
            remaining = remaining is null ? null : Withdrawal.Without(remaining, leaver.Organisation, agreement.OnWithdrawal);
        return remaining;
    }

    /// <summary>The terms that settle a period, or a refusal with the reason.</summary>
    public TermsInForce CheckSettles(Agreement agreement, Period period, DateOnly today)
    {
        if (Status != Agreed)
        {
            throw new RuleViolation(ContractsProblems.NotInForce,
                $"Not yet accepted by: {string.Join(", ", Parties.Where(p => !IsAcceptedBy(p)))}.");
        }

        if (!agreement.InForce && agreement.Status != Agreement.Ended)
            throw new RuleViolation(ContractsProblems.NotInForce, $"The agreement is {agreement.Status}.");
        if (period.First < agreement.StartsOn || period.Last > agreement.EndsOn)
        {
            throw new RuleViolation(ContractsProblems.PeriodOutside,
                $"The agreement runs from {agreement.StartsOn:yyyy-MM-dd} to {agreement.EndsOn:yyyy-MM-dd}.");
        }

        if (period.Last >= today)
            throw new RuleViolation(ContractsProblems.TooEarly, $"{period.Label} ends on {period.Last:yyyy-MM-dd}.");

        var version = Versions(agreement).Last(v => v.Status == Variation.Agreed && v.EffectiveFrom <= period.First);
        if (Variations.FirstOrDefault(v => v.Status == Variation.Agreed && v.EffectiveFrom > period.First && v.EffectiveFrom <= period.Last) is { } next)
        {
            throw new RuleViolation(ContractsProblems.PeriodStraddles,
                $"Terms version {next.Number} takes effect on {next.EffectiveFrom:yyyy-MM-dd}: settle the months before and from that day by themselves.");
        }

        if (agreement.Leavers.FirstOrDefault(n => n.LeavesOn >= period.First && n.LeavesOn < period.Last && Parties.Contains(n.Organisation)) is { } leaver)
        {
            throw new RuleViolation(ContractsProblems.PeriodStraddles,
                $"{leaver.Organisation} leaves on {leaver.LeavesOn:yyyy-MM-dd}: settle the months until then and after it by themselves.");
        }

        var terms = WithoutLeavers(agreement, version.Terms, period.First)
            ?? throw new RuleViolation(ContractsProblems.NotInForce, $"{version.Terms.Payer}, the payer, has left: nobody holds the saving or loss any more.");
        if (terms.Benchmark.Kind == BenchmarkTerms.Fixed && RiskShareEngine.FixedBenchmark(terms.Benchmark, period) is not { Value: > 0 })
            throw new RuleViolation(ContractsProblems.NoBenchmark, $"The terms have no benchmark for {period.Label}.");
        return new TermsInForce(version.Number, terms, PartiesOn(agreement, period.First));
    }

    private static void CheckSettled(DateOnly effectiveFrom, IReadOnlyList<Period> settled)
    {
        if (settled.FirstOrDefault(p => p.First < effectiveFrom && p.Last >= effectiveFrom) is { } split)
        {
            throw new RuleViolation(ContractsProblems.VariationRefused,
                $"{split.Label} is settled under the present terms, and {effectiveFrom:yyyy-MM-dd} lies within it.");
        }
    }
}

/// <param name="EffectiveFrom">The first day of a month: periods from then on settle by these terms.</param>
/// <param name="ProposedBy">The party that proposed it; null for the first version.</param>
internal sealed record TermsVersion(
    int Number, string Status, DateOnly EffectiveFrom, string? Reason, string? ProposedBy, DateTimeOffset? ProposedAt, RiskShareTerms Terms,
    IReadOnlyList<Acceptance> Acceptances);

/// <summary>The version of the terms that settles a period, without the parties that have left, and the parties that agree the settlement.</summary>
internal sealed record TermsInForce(int Version, RiskShareTerms Terms, string[] Parties);
