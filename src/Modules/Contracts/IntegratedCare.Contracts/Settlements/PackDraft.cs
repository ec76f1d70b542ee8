using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// The terms and inputs of a settlement, to be computed. The pack of a stored settlement gives exactly its bytes; a pack written by
/// hand may leave out members that the rules can fill in.
/// </summary>
/// <param name="Schema"><c>integrated-care/settlement-pack/1</c>; may be left out.</param>
/// <param name="Parties">The parties. Left out: the payer is the commissioner, every other party with a share a provider.</param>
/// <param name="Terms">In full, or what differs from their <c>preset</c>.</param>
/// <param name="Values">Published values, with the source <c>published-metric</c>: one for each month of the period.</param>
internal sealed record PackDraft(
    string? Schema = null,
    StatementRiskShare? RiskShare = null,
    int? TermsVersion = null,
    IReadOnlyList<PackParty?>? Parties = null,
    TermsDraft? Terms = null,
    string? Period = null,
    IReadOnlyList<FrozenValue?>? Values = null,
    SettlementInputs? Inputs = null)
{
    public const string SchemaName = "integrated-care/settlement-pack/1";
    private const decimal MaxActivity = 1_000_000_000_000;
    private static readonly StatementRiskShare Nobody = new(Guid.Empty, Guid.Empty, "");

    /// <summary>The pack that a statement was made from.</summary>
    /// <remarks>Its terms name every party and the payer, including one that has left the agreement since.</remarks>
    public static PackDraft Of(Statement statement) => new(
        SchemaName, statement.RiskShare, statement.TermsVersion, null, statement.Terms.ToDraft(), statement.Period, [.. statement.Values], statement.Inputs);

    /// <summary>The pack in full, or a refusal with every fault of its terms or inputs.</summary>
    /// <param name="at">The JSON pointer of the pack in the request.</param>
    public SettlementPack Complete(string at = "")
    {
        var (terms, period) = CompleteTerms(at);
        var faults = new Faults(at);
        CheckValues(faults, terms, period);
        if (terms.Benchmark.Kind == BenchmarkTerms.Fixed && RiskShareEngine.FixedBenchmark(terms.Benchmark, period) is not { Value: > 0 })
            faults.Add("terms/benchmark", $"The terms have no benchmark for {period.Label}.");
        faults.ThrowIfAny(ContractsProblems.InputsUnfit);
        InputRules.Check(terms, Inputs, period, $"{at}/inputs");
        return new SettlementPack(RiskShare ?? Nobody, TermsVersion ?? 1, terms, period.Label, [.. (Values ?? []).Select(v => v!)], Inputs);
    }

    /// <summary>Validates a pack whose actual figure is drawn: values may be missing, but those present must be valid.</summary>
    public void CheckForDraws(string at)
    {
        var (terms, period) = CompleteTerms(at);
        var faults = new Faults(at);
        if (Values is not null)
            CheckValues(faults, terms, period);
        faults.ThrowIfAny(ContractsProblems.InputsUnfit);
    }

    private (RiskShareTerms Terms, Period Period) CompleteTerms(string at)
    {
        var faults = new Faults(at);
        if (Schema is not (null or SchemaName))
            faults.Add("schema", $"{SchemaName}, or left out.");
        if (Shared.Calendar.Period.Parse(Period) is not { } period)
        {
            faults.Add("period", Shared.Calendar.Period.Shapes);
            period = Shared.Calendar.Period.Parse("2000")!;
        }

        if (Terms is null)
            faults.Add("terms", "Missing.");
        if (RiskShare is not null)
            faults.Title("riskShare/title", RiskShare.Title);
        if (TermsVersion is < 1)
            faults.Add("termsVersion", "At least 1.");
        if (Parties is { Count: > 100 })
            faults.Add("parties", "At most 100.");
        foreach (var (i, party) in (Parties ?? []).Take(100).Index())
        {
            faults.Code($"parties/{i}/organisation", party?.Organisation);
            faults.OneOf($"parties/{i}/role", party?.Role ?? "", Agreement.Roles);
            if (party is not null && Parties!.Take(i).Any(p => p?.Organisation == party.Organisation))
                faults.Add($"parties/{i}/organisation", "Named twice.");
        }

        if (Values is { Count: > 100 })
            faults.Add("values", "At most 100.");
        faults.ThrowIfAny(Problems.InvalidRequest);
        return (TermsRules.Complete(Terms!, null, TermsParties(), Terms!.System, $"{at}/terms"), period);
    }

    private List<TermsRules.Party> TermsParties()
    {
        if (Parties is { Count: > 0 })
            return [.. Parties.Select(p => new TermsRules.Party(p!.Organisation, p.Role))];
        var named = (Terms!.Shares ?? []).Select(s => s?.Party).OfType<string>();
        var all = named.Concat(Terms.Payer is { } payer ? [payer] : []).Distinct().Take(100);
        return [.. all.Select(p => new TermsRules.Party(p, p == Terms.Payer ? Agreement.CommissionerRole : "provider"))];
    }

    private void CheckValues(Faults faults, RiskShareTerms terms, Period period)
    {
        var months = terms.Measure.Source == MeasureTerms.PublishedMetric ? period.Months : [];
        var seen = new HashSet<string>();
        foreach (var (i, value) in (Values ?? []).Index())
        {
            if (value is null)
                faults.Add($"values/{i}", "null is not taken here.");
            else if (!months.Contains(value.Period))
                faults.Add($"values/{i}/period", months.Count == 0 ? "The terms do not measure by published values." : "Not a month of the period.");
            else if (!seen.Add(value.Period))
                faults.Add($"values/{i}/period", "Named twice.");
            faults.Number($"values/{i}/activity", value?.Activity, 0, MaxActivity, 2);
            if (value?.Status is { } status)
                faults.OneOf($"values/{i}/status", status, "provisional", "final");
            if (value?.DefinitionVersion is < 1)
                faults.Add($"values/{i}/definitionVersion", "At least 1.");
            if (value?.Version is < 1)
                faults.Add($"values/{i}/version", "At least 1.");
        }

        var missing = months.Where(m => !seen.Contains(m)).ToList();
        if (missing.Count > 0)
            faults.Add("values", $"Missing: {string.Join(", ", missing)}.");
    }
}

/// <param name="Role"><c>commissioner</c> or <c>provider</c>.</param>
internal sealed record PackParty(string Organisation, string Role);
