using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.RiskShares.Simulations;

/// <summary>A simulation of a risk-share over scenarios and random variation.</summary>
/// <param name="Pack">Terms and inputs. The actual figure is drawn, so the pack needs none.</param>
/// <param name="Draws">Random outcomes of each scenario.</param>
/// <param name="Seed">The same seed gives the same draws, on any machine.</param>
/// <param name="Distribution">Of one person's cost: <c>normal</c>, or <c>gamma</c>, which is skewed as costs are. Drawn for the population as a whole.</param>
/// <param name="Persons">Size of the population; left out, that of the inputs.</param>
/// <param name="CoefficientOfVariation">Of one person's cost; left out, that of the terms. For activity: of one unit, 1 being Poisson.</param>
/// <param name="Scenarios">Beside the one in which nothing changes, which is always there.</param>
internal sealed record SimulationDraft(
    PackDraft? Pack = null, int? Draws = null, long? Seed = null, string? Distribution = null, decimal? Persons = null, decimal? CoefficientOfVariation = null,
    IReadOnlyList<ScenarioDraft?>? Scenarios = null);

/// <param name="Effect">True change of the actual figure against the benchmark: -0.02 is 2 % less.</param>
/// <param name="Inputs">Inputs that differ in this scenario, in full; left out, those of the pack.</param>
internal sealed record ScenarioDraft(string? Name = null, decimal? Effect = null, SettlementInputs? Inputs = null);

/// <param name="StandardDeviation">Of the actual figure, as a share of its mean: the variation of one person's yearly cost over the root of
/// the person-years, persons by the months of the period.</param>
internal sealed record SimulationResult(
    string Currency, int Draws, long Seed, string Distribution, decimal Persons, decimal CoefficientOfVariation, decimal StandardDeviation, decimal Benchmark,
    string Payer, IReadOnlyList<ScenarioResult> Scenarios);

/// <param name="ChanceOfGain">Share of draws in which somebody other than the payer receives; with no real effect this is what chance alone pays out.</param>
/// <param name="ChanceOfLoss">Share of draws in which somebody other than the payer pays.</param>
/// <param name="ChanceAtCap">Share of draws whose gain goes beyond what the cap lets be shared.</param>
/// <param name="ChanceBeyondFloor">Share of draws whose loss goes beyond what the floor lets be shared: the payer bears the rest.</param>
/// <param name="Bins">How often the transfers to all but the payer, together, fall between two amounts.</param>
internal sealed record ScenarioResult(
    string Name, decimal Effect, decimal ChanceOfGain, decimal ChanceOfLoss, decimal ChanceAtCap, decimal ChanceBeyondFloor,
    IReadOnlyList<PartyResult> Parties, IReadOnlyList<ResultBin> Bins);

internal sealed record PartyResult(string Party, decimal Mean, decimal StandardDeviation, decimal Least, decimal Centile5, decimal Centile25, decimal Median,
    decimal Centile75, decimal Centile95, decimal Most);

internal sealed record ResultBin(decimal From, decimal To, int Draws);

/// <summary>Runs the engine over random figures, without approximating the terms.</summary>
internal static class Simulation
{
    public const string NoEffect = "no-real-effect";
    public const int MaxDraws = 50_000;
    private const int MaxScenarios = 10;

    /// <summary>Statement lines that one request may compute: half a minute of one core at most.</summary>
    private const int MaxLines = 5_000_000;
    private const int BinCount = 40;

    private const string PackInputs = "/pack/inputs";

    /// <param name="ct">Cancelled when the caller disconnects.</param>
    public static SimulationResult Run(SimulationDraft draft, CancellationToken ct = default)
    {
        var faults = new Faults("");
        var draws = (int)faults.Number("draws", draft.Draws ?? 10_000, 100, MaxDraws, 0);
        var distribution = faults.OneOf("distribution", draft.Distribution ?? AggregateDraws.Normal, AggregateDraws.Normal, AggregateDraws.Gamma);
        if (draft.Pack is null)
            faults.Add("pack", "Missing.");
        if (draft.Scenarios is { Count: > MaxScenarios })
            faults.Add("scenarios", $"At most {MaxScenarios}.");
        foreach (var (i, scenario) in (draft.Scenarios ?? []).Take(MaxScenarios).Index())
        {
            faults.Code($"scenarios/{i}/name", scenario?.Name);
            faults.Number($"scenarios/{i}/effect", scenario?.Effect, -0.9m, 5, 6);
        }

        faults.ThrowIfAny(Problems.InvalidRequest);
        var pack = Drawable(draft.Pack!);
        var persons = draft.Persons ?? pack.Inputs?.Persons;
        if (pack.Terms.InMoney && persons is null)
            faults.Add("persons", "Missing.");
        var variation = faults.Number("coefficientOfVariation", draft.CoefficientOfVariation ?? (pack.Terms.InMoney ? pack.Terms.CoefficientOfVariation : 1),
            0.001m, 100, 6);
        if (persons is not null)
            faults.Number("persons", persons, 1, 1_000_000_000, 2);
        faults.ThrowIfAny(Problems.InvalidRequest);
        foreach (var (i, scenario) in (draft.Scenarios ?? []).Index().Where(s => s.Item!.Inputs is not null))
            InputRules.Check(pack.Terms, scenario!.Inputs! with { Actual = 0 }, Period.Parse(pack.Period)!, $"/scenarios/{i}/inputs");

        var first = Settle(pack, pack.Inputs, 0, PackInputs);
        var max = MaxLines / first.Lines.Count / (1 + (draft.Scenarios?.Count ?? 0));
        if (draws > max)
            faults.Add("draws", $"At most {max} with these scenarios and terms: each draw is a settlement of {first.Lines.Count} lines.");
        faults.ThrowIfAny(Problems.InvalidRequest);
        var benchmark = Line(first, pack.Terms.InMoney ? "benchmark-value" : "benchmark-activity");
        // In activity a count varies as the root of its mean; in money as one person's yearly cost over the root of the person-years.
        var months = Period.Parse(pack.Period)!.Length;
        var units = pack.Terms.InMoney ? (double)persons!.Value * months / 12 : (double)Math.Max(benchmark, 1);
        var deviation = (double)variation / Math.Sqrt(units);
        var scenarios = new List<ScenarioDraft> { new(NoEffect, 0) };
        scenarios.AddRange((draft.Scenarios ?? []).Select(s => s!));
        var seed = draft.Seed ?? 1;
        var factors = AggregateDraws.Of(seed, draws, distribution, deviation);
        return new SimulationResult(pack.Terms.Currency, draws, seed, distribution, persons ?? 0, variation, Units.Fix((decimal)deviation, 6), benchmark,
            pack.Terms.Payer,
            [.. scenarios.Select((s, i) => Scenario(pack, s, s.Inputs is null ? PackInputs : $"/scenarios/{i - 1}/inputs", benchmark, factors, ct))]);
    }

    /// <summary>The same pack with a given actual figure, whatever its source, so that it can be drawn.</summary>
    private static SettlementPack Drawable(PackDraft draft)
    {
        draft.CheckForDraws("/pack");
        var terms = draft.Terms!;
        var preset = Preset.Find(terms.Preset);
        var measure = (preset is null ? terms : terms.WithDefaults(preset.Terms)).Measure;
        terms = terms with { Measure = new(null, measure?.AreaKind, measure?.Area, MeasureTerms.Given) };
        var inputs = draft.Inputs ?? SettlementInputs.None;
        return (draft with
        {
            Terms = terms,
            Values = null,
            Inputs = inputs with { Actual = inputs.Actual ?? 0, Persons = inputs.Persons ?? inputs.Costs?.Persons, Costs = null }
        }).Complete("/pack");
    }

    private static ScenarioResult Scenario(SettlementPack pack, ScenarioDraft scenario, string inputsAt, decimal benchmark, double[] factors,
        CancellationToken ct)
    {
        var inputs = scenario.Inputs is null ? pack.Inputs! : scenario.Inputs with { Actual = 0 };
        var mean = benchmark * (1 + scenario.Effect!.Value);
        var (gains, losses, atCap, beyondFloor) = (0, 0, 0, 0);
        var parties = pack.Terms.Shares.Select(s => s.Party).ToList();
        var results = parties.ToDictionary(p => p, _ => new decimal[factors.Length]);
        var together = new decimal[factors.Length];
        for (var i = 0; i < factors.Length; i++)
        {
            ct.ThrowIfCancellationRequested();
            var statement = Settle(pack, inputs, Math.Max(0, mean * (decimal)factors[i]), inputsAt);
            foreach (var transfer in statement.Transfers)
                results[transfer.Party][i] = transfer.Amount;
            var others = statement.Transfers.Where(t => t.Party != pack.Terms.Payer).ToList();
            together[i] = others.Sum(t => t.Amount);
            gains += others.Exists(t => t.Amount > 0) ? 1 : 0;
            losses += others.Exists(t => t.Amount < 0) ? 1 : 0;
            atCap += Limited(statement, "cap", 1) ? 1 : 0;
            beyondFloor += Limited(statement, "floor", -1) ? 1 : 0;
        }

        return new ScenarioResult(scenario.Name!, Units.Fix(scenario.Effect.Value, 6), Chance(gains), Chance(losses), Chance(atCap), Chance(beyondFloor),
            [.. parties.Order(StringComparer.Ordinal).Select(p => Distribution(p, results[p], pack.Terms.MoneyPlaces))], Bins(together));

        decimal Chance(int count) => Units.Fix((decimal)count / factors.Length, 6);
    }

    /// <summary>Whether a limit reduced the result, or any party's share.</summary>
    private static bool Limited(Statement statement, string limit, int sign)
    {
        var cut = statement.Lines.FirstOrDefault(l => l.Inputs.Any(i => i.Name == limit) && l.Code is "after-limits" or "result-to-share");
        if (cut is not null)
            return Beyond(cut.Inputs[0].Value, cut.Inputs.First(i => i.Name == limit).Value);
        return statement.Lines.Where(l => l.Code.StartsWith("transfer:", StringComparison.Ordinal) && l.Inputs.Any(i => i.Name.Split(':')[0] == limit))
            .Any(l => Beyond(l.Inputs[0].Value, l.Inputs.First(i => i.Name.Split(':')[0] == limit).Value));

        bool Beyond(decimal value, decimal at) => sign > 0 ? value > at : value < at;
    }

    private static PartyResult Distribution(string party, decimal[] results, int places)
    {
        var sorted = results.Order().ToArray();
        var mean = sorted.Average();
        var variance = sorted.Average(r => (double)(r - mean) * (double)(r - mean));
        decimal Centile(int p) => Units.Fix(sorted[(int)Math.Min(sorted.Length - 1, (long)p * sorted.Length / 100)], places);
        return new PartyResult(party, Units.Fix(mean, 2), Units.Fix((decimal)Math.Sqrt(variance), 2), Centile(0), Centile(5), Centile(25), Centile(50),
            Centile(75), Centile(95), Units.Fix(sorted[^1], places));
    }

    private static List<ResultBin> Bins(decimal[] results)
    {
        var (min, max) = (results.Min(), results.Max());
        if (min == max)
            return [new(min, max, results.Length)];
        var width = (max - min) / BinCount;
        var counts = new int[BinCount];
        foreach (var result in results)
            counts[Math.Min(BinCount - 1, (int)((result - min) / width))]++;
        return [.. counts.Select((count, i) => new ResultBin(Units.Fix(min + width * i, 2), Units.Fix(min + width * (i + 1), 2), count))];
    }

    private static Statement Settle(SettlementPack pack, SettlementInputs? inputs, decimal actual, string inputsAt) =>
        RiskShareEngine.Settle(pack with { Inputs = inputs! with { Actual = actual } }, inputsAt);

    private static decimal Line(Statement statement, string code) => statement.Lines.First(l => l.Code == code).Result;
}
