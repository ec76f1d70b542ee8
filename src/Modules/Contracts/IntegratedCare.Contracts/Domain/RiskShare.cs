using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Contracts.Domain;

/// <summary>
/// Risk-share terms under an agreement. A party that signs the agreement accepts every risk-share then in it; one that is
/// added later is accepted by itself. It binds once all have accepted and the agreement is active.
/// </summary>
internal sealed class RiskShare : Aggregate
{
    public const string Proposed = "proposed";
    public const string Agreed = "agreed";

    public static readonly string[] Statuses = [Proposed, Agreed];

    public Guid AgreementId { get; private set; }
    public string Status { get; private set; } = Proposed;
    public string[] Parties { get; private set; } = [];
    public RiskShareDocument Document { get; private set; } = null!;

    private RiskShare()
    {
    }

    public RiskShare(Agreement agreement, string title, RiskShareTerms terms)
    {
        AgreementId = agreement.Id;
        Parties = agreement.Parties;
        Document = new RiskShareDocument(title, 1, terms, []);
    }

    public void Accept(Agreement agreement, string organisation, ActingUser signatory, DateTimeOffset now)
    {
        var party = agreement.Party(organisation);
        if (Document.Acceptances.Any(a => a.Organisation == organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
        AcceptWith(organisation, party.Sign(signatory, now));
    }

    public void AcceptWith(string organisation, Signature signature)
    {
        if (Document.Acceptances.Any(a => a.Organisation == organisation))
            return;
        Document = Document with { Acceptances = [.. Document.Acceptances, new Acceptance(organisation, signature)] };
        if (Parties.All(p => Document.Acceptances.Any(a => a.Organisation == p)))
            Status = Agreed;
    }

    /// <summary>Refuses a period that this risk-share cannot settle, with the reason.</summary>
    public void CheckSettles(Agreement agreement, SettlementPeriod period, DateOnly today)
    {
        if (Status != Agreed)
        {
            throw new RuleViolation(ContractsProblems.NotInForce,
                $"Not yet accepted by: {string.Join(", ", Parties.Where(p => Document.Acceptances.All(a => a.Organisation != p)))}.");
        }

        if (agreement.Status is not (Agreement.Active or Agreement.Ended))
            throw new RuleViolation(ContractsProblems.NotInForce, $"The agreement is {agreement.Status}.");
        if (period.First < agreement.StartsOn || period.Last > agreement.EndsOn)
            throw new RuleViolation(ContractsProblems.PeriodOutside, $"The agreement runs from {agreement.StartsOn:yyyy-MM-dd} to {agreement.EndsOn:yyyy-MM-dd}.");
        if (period.Last >= today)
            throw new RuleViolation(ContractsProblems.TooEarly, $"{period.Label} ends on {period.Last:yyyy-MM-dd}.");
        if (Document.Terms.Benchmark.Kind == BenchmarkTerms.Fixed && RiskShareEngine.FixedBenchmark(Document.Terms.Benchmark, period) is not { Value: > 0 })
            throw new RuleViolation(ContractsProblems.NoBenchmark, $"The terms have no benchmark for {period.Label}.");
    }
}

internal sealed record RiskShareDocument(string Title, int TermsVersion, RiskShareTerms Terms, IReadOnlyList<Acceptance> Acceptances);

internal sealed record Acceptance(string Organisation, Signature Signature);
