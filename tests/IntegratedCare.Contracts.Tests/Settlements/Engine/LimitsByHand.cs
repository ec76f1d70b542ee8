using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;

namespace IntegratedCare.Contracts.Tests.Settlements.Engine;

/// <summary>Cap and floor from terms and inputs, worked out apart from the engine: rounded where the documents say that a line is.</summary>
internal static class LimitsByHand
{
    /// <param name="revenue">Of all providers, or of the party whose share is limited.</param>
    public static (decimal Floor, decimal Cap) Of(SettlementPack pack, decimal benchmarkValue, decimal? revenue)
    {
        var limits = pack.Terms.Limits;
        var floorRate = limits.FloorByYear is { Count: > 0 } years ? years[Math.Min(pack.Inputs!.Year!.Value, years.Count) - 1] : limits.Floor;
        var cap = Math.Min(limits.Cap * benchmarkValue, limits.CapOfRevenue * revenue ?? decimal.MaxValue);
        var floor = Math.Max(floorRate * benchmarkValue, limits.FloorOfRevenue * revenue ?? decimal.MinValue);
        return (Round(floor, pack.Terms.MoneyPlaces), Round(cap, pack.Terms.MoneyPlaces));
    }

    public static decimal BenchmarkValue(SettlementPack pack)
    {
        var (terms, inputs) = (pack.Terms, pack.Inputs!);
        var benchmark = terms.Benchmark;
        var places = terms.InMoney ? terms.MoneyPlaces : 2;
        var months = pack.Period switch { "2026-Q3" => 3, "2026-11" => 1, "2026" or "2026/27" => 12, _ => throw new InvalidOperationException(pack.Period) };
        var persons = inputs.Persons ?? inputs.Costs?.Persons ?? 0;
        var expected = Round(benchmark.Kind switch
        {
            "given" => inputs.Benchmark!.Value,
            "fixed" => benchmark.Periods.SingleOrDefault(p => p.Period == pack.Period)?.Activity ?? benchmark.PerQuarter!.Value * months / 3,
            "peer" => benchmark.PeerPerHead!.Value * persons * months / 12,
            _ => Historical(benchmark, places) * (benchmark.PerHead ? persons : 1) * months / 12,
        }, places);
        if (benchmark.NeedCap is { } needCap)
            expected = Round(expected * (1 + Math.Clamp(inputs.NeedRatio!.Value - 1, -needCap, needCap)), places);
        return terms.InMoney ? expected : Round(expected * terms.UnitPrice, terms.MoneyPlaces);
    }

    private static decimal Historical(BenchmarkTerms benchmark, int places)
    {
        // Amounts per head are as exact as they come.
        decimal Line(decimal value) => benchmark.PerHead ? value : Round(value, places);
        var own = Line(benchmark.BaseYears!.Sum(y => Line((benchmark.PerHead ? y.Amount / y.Persons!.Value : y.Amount) * y.Trend) * y.Weight));
        return benchmark.PeerPerHead is { } peer ? Line((1 - benchmark.PeerWeight!.Value) * own + benchmark.PeerWeight.Value * peer) : own;
    }

    private static decimal Round(decimal value, int places) => decimal.Round(value, places, MidpointRounding.AwayFromZero);
}
