using IntegratedCare.Contracts.Domain;

namespace IntegratedCare.Benchmarks;

/// <summary>
/// The pure engine on one core, lines printed, beside the bare arithmetic of the same formula; and a simulation beside its settlements
/// alone. It runs in the benchmark itself: no host takes part.
/// </summary>
internal static class EnginePart
{
    /// <summary>What stands where others name a build of the host.</summary>
    public const string Build = "in the benchmark itself";

    private const int Settlements = 50_000;
    private const int Draws = 10_000;

    public static async Task RunAsync(Bench bench)
    {
        var terms = Complete("mssp-enhanced", new TermsDraft());
        var packs = Enumerable.Range(0, Settlements).Select(i => Pack(terms, "2024", Inputs(1_504_130_805 + i * 4_000))).ToArray();
        decimal sum = 0;
        var title = $"{Settlements:N0} settlements of MSSP terms by the engine, one core";
        await CompareAsync(
            bench, new Measurement("engine", title, "bare decimal arithmetic", "settlements/s", Settlements),
            () => sum += packs.Sum(p => RiskShareEngine.Settle(p).Transfers[0].Amount),
            () => sum += packs.Sum(p => Bare(p.Inputs!)));
        var draft = new SimulationDraft(PackDraft.Of(RiskShareEngine.Settle(packs[0])), Draws, 7);
        await CompareAsync(
            bench, new Measurement("simulation", $"Simulation of {Draws:N0} draws", "as many settlements alone", "draws/s", Draws),
            () => sum += Simulation.Run(draft).Scenarios[0].ChanceOfGain,
            () => sum += packs.Take(Draws).Sum(p => RiskShareEngine.Settle(p).Transfers[0].Amount));
        GC.KeepAlive(sum);
    }

    private static SettlementPack Pack(RiskShareTerms terms, string period, SettlementInputs inputs) =>
        new(new StatementRiskShare(Guid.Empty, Guid.Empty, "Benchmark"), 1, terms, period, [], inputs);

    private static RiskShareTerms Complete(string preset, TermsDraft draft) => TermsRules.Complete(
        draft with { Payer = "PAY", Fund = "F", System = "S", Shares = [new("ACO", 1, 1)] },
        Preset.Find(preset), [new("PAY", "commissioner"), new("ACO", "provider")], "S");

    private static SettlementInputs Inputs(decimal actual) =>
        new(Benchmark: 1_650_927_172, Actual: actual, Persons: 100_000, QualityStandard: "met", Quality: [new("quality", 0.7705m)]);

    /// <summary>Gain or loss of the same terms, without lines.</summary>
    private static decimal Bare(SettlementInputs inputs)
    {
        var (benchmark, saving) = (inputs.Benchmark!.Value, inputs.Benchmark!.Value - inputs.Actual!.Value);
        if (Math.Abs(saving) < decimal.Round(0.02m * benchmark))
            return 0;
        return saving >= 0 ? Math.Min(decimal.Round(saving * 0.75m * 0.98m), decimal.Round(0.2m * benchmark))
            : Math.Max(decimal.Round(saving * Math.Clamp(1 - 0.75m * inputs.Quality![0].Score, 0.4m, 0.75m)), decimal.Round(-0.15m * benchmark));
    }

    private static async Task CompareAsync(Bench bench, Measurement what, Action engine, Action bare)
    {
        engine();
        var rounds = new List<Round>();
        for (var round = 0; round < bench.Options.Rounds; round++)
            rounds.Add(new Round(new Measured(await TimeAsync(engine)), await TimeAsync(bare)));
        bench.Add(new Comparison(what, Build, rounds));

        Task<LoadResult> TimeAsync(Action work) => LoadGenerator.OnceAsync(1, () =>
        {
            work();
            return Task.CompletedTask;
        }, bench.Bed.Meter);
    }
}
