using System.Text.Json;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Tests.Settlements.Engine;

/// <summary>Terms of every clause in any meaningful combination, with inputs that fit them.</summary>
internal sealed class RandomPacks
{
    private static readonly string[] Codes = ["99A", "E06000991", "RZ1", "RZ2", "VOL01", "Y99001"];
    private readonly Draw _draw;

    private RandomPacks(Draw draw) => _draw = draw;

    public static Drawn<SettlementPack> All { get; } = new(draw => new RandomPacks(draw).Next(oneSided: false));

    /// <summary>Terms by which nobody but the payer bears a loss, with two or more others.</summary>
    public static Drawn<SettlementPack> OneSided { get; } = new(draw => new RandomPacks(draw).Next(oneSided: true));

    public static string Print(SettlementPack pack) => JsonSerializer.Serialize(pack, SharedJson.Storage);

    private SettlementPack Next(bool oneSided)
    {
        var parties = Codes.Take(_draw.Int(oneSided ? 3 : 2, Codes.Length + 1))
            .Select((p, i) => new TermsRules.Party(p, i == 0 ? "commissioner" : "provider")).ToArray();
        var draft = Draft(parties, oneSided);
        var terms = TermsRules.Complete(draft, null, parties, "NTH");
        var period = terms.Measure.Source == MeasureTerms.PublishedMetric ? "2026-Q3" : _draw.OneOf("2026-Q3", "2026/27", "2026", "2026-11");
        var inputs = Inputs(terms, period);
        InputRules.Check(terms, inputs, Period.Parse(period)!);
        return new SettlementPack(new StatementRiskShare(Guid.Empty, Guid.Empty, "Random"), 1, terms, period,
            terms.Measure.Source == MeasureTerms.PublishedMetric ? Values(terms) : [], inputs);
    }

    private TermsDraft Draft(TermsRules.Party[] parties, bool oneSided)
    {
        var money = _draw.Chance(2);
        var places = _draw.Chance(3) ? 0 : 2;
        var corridors = _draw.Chance(4) ? Corridors(oneSided) : null;
        var quality = _draw.Chance(2) ? Quality() : null;
        var excess = corridors is null && _draw.Chance(3);
        var division = _draw.OneOf(DivisionTerms.Methods);
        var uses = division is DivisionTerms.Fixed or DivisionTerms.LosersFirst;
        var (gains, losses) = (_draw.Fractions(parties.Length), _draw.Fractions(parties.Length));
        var source = money ? _draw.OneOf(MeasureTerms.Given, MeasureTerms.PublishedMetric, MeasureTerms.CareCosts)
            : _draw.OneOf(MeasureTerms.Given, MeasureTerms.PublishedMetric);
        var bySize = _draw.Chance(4);
        string[]? order = _draw.Chance(2) ? _draw.Shuffle([.. Steps.All]) : null;
        // After the cap a factor above 1 is refused: it would pass it. A multiplier may have the name of a line of several steps.
        var most = order is null || Array.IndexOf(order, Steps.Multiplier) < Array.IndexOf(order, Steps.Cap) ? 2 : 1;
        return new TermsDraft(
            Form: money ? RiskShareTerms.CostAgainstBenchmark : RiskShareTerms.ActivityAgainstBenchmark,
            Currency: _draw.OneOf("GBP", "USD"),
            MoneyPlaces: places,
            Measure: new(source == MeasureTerms.PublishedMetric ? "emergency_admissions" : null, "system", "NTH", source,
                source == MeasureTerms.CareCosts ? new(Kinds: ["inpatient-spell"], TruncateAt: _draw.Chance(2) ? 250_000 : null) : null),
            Benchmark: Benchmark(money, places),
            UnitPrice: money ? null : _draw.Decimal(1, 500_000, 2),
            MarginalCost: money ? null : _draw.Decimal(0, 500_000, 2),
            MarginalCostShare: money ? _draw.Decimal(0, 1_000_000, 6) : null,
            StepCosts: _draw.Chance(4) ? [new("ward", _draw.Decimal(100, 100_000, 2), _draw.Decimal(0, 10_000_000, 2)),
                new("team", _draw.Decimal(100, 10_000, 2), _draw.Decimal(0, 1_000_000, 2))] : null,
            Threshold: bySize
                ? new(MinimumLossRate: 0, Sharing: excess ? ThresholdTerms.ExcessOnly : null, BySize: new("mssp", _draw.Chance(2)),
                    BelowMinimum: excess || corridors is not null || _draw.Chance(2) ? null : new(_draw.Rate()))
                : new(_draw.Decimal(0, 60_000, 6), _draw.Decimal(0, 60_000, 6), excess ? ThresholdTerms.ExcessOnly : null, null,
                    excess || corridors is not null || _draw.Chance(2) ? null : new(_draw.Rate())),
            Corridors: corridors,
            Sharing: corridors is null && _draw.Chance(2)
            ? new(_draw.Rate(), _draw.Chance(3) || oneSided ? null : quality is not null && _draw.Chance(2) ? new(LossRate.OneMinusEarned, null, 0.4m, 0.75m)
            : new(LossRate.Fixed, _draw.Rate())) : null,
            Quality: quality,
            Multipliers: _draw.Chance(3) ? [new("sequestration", 0.98m, _draw.OneOf("gain", "both")),
                new(_draw.OneOf("share-gate", "limits-2", "uplift"), _draw.Rate() * most, _draw.OneOf("gain", "both"))] : null,
            Limits: new(_draw.Decimal(0, 200_000, 6), oneSided ? 0 : -_draw.Decimal(0, 200_000, 6), _draw.OneOf(LimitTerms.Result, LimitTerms.PartyShare),
                _draw.Chance(4) ? _draw.Decimal(0, 100_000, 6) : null, _draw.Chance(4) ? -_draw.Decimal(0, 100_000, 6) : null,
                _draw.Chance(5) && !oneSided ? [-0.05m, -0.075m, -0.1m] : null),
            Adjustments: _draw.Chance(3)
                ? [new("disaster", _draw.OneOf("loss", "both"), _draw.OneOf(null, AdjustmentTerms.Amount, AdjustmentTerms.Affected))] : null,
            Order: order,
            Division: new(division, _draw.Chance(3) ? _draw.Rate() : null),
            Shares: uses ? [.. parties.Select((p, i) => new ShareDraft(p.Organisation, gains[i], losses[i]))] : null,
            Payer: "99A", Fund: "BCF", System: "NTH");
    }

    private BenchmarkDraft Benchmark(bool money, int places)
    {
        decimal Amount() => money ? Math.Max(1, _draw.Decimal(100, 900_000_000_00, 2, places)) : _draw.Decimal(1, 40_000_000, 2);
        var need = _draw.Chance(4) ? 0.03m : (decimal?)null;
        switch (_draw.Int(5))
        {
            case 0:
                return new(Kind: BenchmarkTerms.Given, NeedCap: need);
            case 1:
                return new(Kind: BenchmarkTerms.Peer, PeerPerHead: _draw.Decimal(1_000_000, 5_000_000_000, 6), NeedCap: need);
            case 2:
                return new(Kind: BenchmarkTerms.Historical,
                    BaseYears: [new("2023", Amount(), null, 1.05m, 0.1m), new("2024", Amount(), null, 1.02m, 0.3m), new("2025", Amount(), null, 1, 0.6m)],
                    NeedCap: need);
            case 3:
                var peer = _draw.Chance(2);
                return new(Kind: BenchmarkTerms.Historical, PerHead: true,
                    BaseYears: [new("2024", Amount(), _draw.Decimal(50_000, 5_000_000, 2), 1.02m, 0.4m),
                    new("2025", Amount(), _draw.Decimal(50_000, 5_000_000, 2), 1.01m, 0.6m)],
                    PeerPerHead: peer ? _draw.Decimal(1_000_000, 5_000_000_000, 6) : null, PeerWeight: peer ? _draw.Rate() : null, NeedCap: need);
            default:
                return new(PerQuarter: Amount(), Periods: _draw.Chance(2) ? [new("2026-Q3", Amount()), new("2026-11", Amount())] : null, NeedCap: need);
        }
    }

    private SettlementInputs Inputs(RiskShareTerms terms, string period)
    {
        var persons = terms.Threshold.BySize is null ? _draw.Decimal(100, 5_000_000, 2) : _draw.Decimal(50_000, 90_000_000, 2);
        var counted = terms.Measure.Source == MeasureTerms.CareCosts;
        var places = terms.InMoney ? terms.MoneyPlaces : 2;
        var benchmark = Math.Max(1, terms.InMoney ? _draw.Decimal(100, 900_000_000_00, 2, places) : _draw.Decimal(100, 40_000_000, 2));
        // Near the expected figure most of the time, so that thresholds, bands and limits are all met.
        var near = Near(terms, period, benchmark, persons);
        var actual = decimal.Round(_draw.Chance(5) ? benchmark : near * (0.85m + _draw.Int(300_001) / 1_000_000m), places);
        var others = terms.Division.Method is DivisionTerms.ByBudget or DivisionTerms.ByPerformance or DivisionTerms.LosersFirst
            || (terms.Limits.AppliesTo == LimitTerms.PartyShare && (terms.Limits.CapOfRevenue ?? terms.Limits.FloorOfRevenue) is not null);
        var ofRevenue = (terms.Limits.CapOfRevenue ?? terms.Limits.FloorOfRevenue) is not null;
        var alternative = _draw.OneOf(SettlementInputs.Met, SettlementInputs.Alternative, SettlementInputs.NotMet);
        return new SettlementInputs(
            terms.Benchmark.Kind == BenchmarkTerms.Given ? benchmark : null,
            terms.Measure.Source == MeasureTerms.Given ? actual : null,
            !counted && (terms.InMoney || terms.Benchmark.NeedsPersons || terms.Threshold.BySize is not null) ? persons : null,
            terms.Benchmark.NeedCap is null ? null : _draw.Decimal(900_000, 1_100_000, 6),
            terms.Limits.FloorByYear is null ? null : _draw.Int(1, 6),
            terms.Threshold.BelowMinimum is null ? null : _draw.Chance(2),
            terms.Quality?.Kind == QualityTerms.Standard ? alternative : null,
            terms.Quality is null ? null : [.. terms.Quality.Scored.Select(m => new QualityScore(m.Metric, _draw.Rate()))],
            ofRevenue && terms.Limits.AppliesTo == LimitTerms.Result ? _draw.Decimal(0, 1_000_000_000, 2) : null,
            others ? [.. terms.Shares.Select(s => s.Party).Where(p => terms.Division.Method == DivisionTerms.LosersFirst || p != terms.Payer)
                .Select(p => new PartyFigures(p,
                ofRevenue && terms.Limits.AppliesTo == LimitTerms.PartyShare && p != terms.Payer ? _draw.Decimal(0, 1_000_000_000, 2) : null,
                terms.Division.Method == DivisionTerms.ByBudget ? _draw.Decimal(1, 1_000_000_000, 2) : null,
                terms.Division.Method == DivisionTerms.ByPerformance ? _draw.Decimal(1, 1_000_000, 6) : null,
                terms.Division.Method == DivisionTerms.LosersFirst ? _draw.Decimal(0, 2_000_000, 2) - 10_000 : null))] : null,
            terms.Adjustments.Count > 0 && _draw.Chance(2) ? terms.Adjustments[0].Kind is null ? [new("disaster", _draw.Decimal(0, 1_000_000, 2))]
            : [new("disaster", null, _draw.Rate(), _draw.Int(0, Period.Parse(period)!.Length + 1))] : null,
            counted ? new FrozenCosts(persons, 10, 20, 0, decimal.Round(near, 2), Math.Min(decimal.Round(near, 2), _draw.Decimal(0, 100_000, 2)), 1, 7) : null);
    }

    private static decimal Near(RiskShareTerms terms, string period, decimal benchmark, decimal persons)
    {
        var kind = terms.Benchmark.Kind;
        var yearly = kind switch
        {
            BenchmarkTerms.Given => benchmark * 12 / Period.Parse(period)!.Length,
            BenchmarkTerms.Fixed => terms.Benchmark.PerQuarter!.Value * 4,
            BenchmarkTerms.Peer => terms.Benchmark.PeerPerHead!.Value * persons,
            _ => terms.Benchmark.BaseYears!.Sum(y => y.Amount * y.Weight * (terms.Benchmark.PerHead ? persons / y.Persons!.Value : 1)),
        };
        return Math.Min(yearly * Period.Parse(period)!.Length / 12, 100_000_000_000);
    }

    private List<FrozenValue> Values(RiskShareTerms terms)
    {
        var month = Math.Min(Near(terms, "2026-Q3", 3000, 1000) / 3, 1_000_000_000);
        return [.. Enumerable.Range(0, 3)
            .Select(i => new FrozenValue($"2026-0{7 + i}", decimal.Round(month * (0.85m + _draw.Int(300_001) / 1_000_000m), 2), Guid.Empty, 1, 1, "final",
            DateTimeOffset.UnixEpoch))];
    }

    private List<CorridorDraft> Corridors(bool oneSided)
    {
        var list = new List<CorridorDraft>();
        decimal from = 0;
        for (var i = _draw.Int(1, 5); i > 0; i--)
        {
            var to = from + _draw.Decimal(1, 50_000, 6);
            list.Add(new(from, i == 1 && _draw.Chance(2) ? null : to, _draw.Rate(), oneSided ? 0 : _draw.Rate()));
            from = _draw.Chance(4) ? to + 0.01m : to;
        }

        return list;
    }

    private QualityDraft Quality() => _draw.Int(4) switch
    {
        0 => new(QualityTerms.Binary, _draw.Rate()),
        1 => new(QualityTerms.Proportional, _draw.Chance(2) ? _draw.Rate() : null, [new("eq5d_mean", 2), new("anticipatory_plans", 1)]),
        2 => new(QualityTerms.Ladder, null, null, [new(0.3m, 0.5m), new(0.6m, 0.75m), new(0.9m, 1)]),
        _ => new(QualityTerms.Standard),
    };
}
