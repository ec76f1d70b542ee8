using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Contracts.RiskShares;

namespace IntegratedCare.Contracts.Tests.Settlements.Engine;

/// <summary>
/// Random results under every track and year of the Medicare Shared Savings Program, written as packs the way <c>docs/mssp.md</c> says, with nothing
/// computed by the caller, against a calculation apart that follows 42 CFR part 425 in one go and rounds once, at the end.
/// </summary>
public class SharedSavingsProgramTests
{
    private const int Cases = 1_000;

    private static readonly (int From, int To, decimal AtFrom, decimal AtTo)[] Table =
    [
        (500, 999, 12.2m, 8.7m), (1000, 2999, 8.7m, 5.0m), (3000, 4999, 5.0m, 3.9m), (5000, 5999, 3.9m, 3.6m), (6000, 6999, 3.6m, 3.4m),
        (7000, 7999, 3.4m, 3.2m), (8000, 8999, 3.2m, 3.1m),
        (9000, 9999, 3.1m, 3.0m), (10000, 14999, 3.0m, 2.7m), (15000, 19999, 2.7m, 2.5m), (20000, 49999, 2.5m, 2.2m), (50000, 59999, 2.2m, 2.0m),
        (60000, int.MaxValue, 2.0m, 2.0m),
    ];

    /// <param name="LossCap">Of the benchmark; Track 2 goes by year.</param>
    /// <param name="RevenueCap">Of revenue; null where there is none.</param>
    public sealed record Track(string Preset, int From, int To, decimal Rate, decimal Cap, decimal LossCap, decimal? RevenueCap = null, bool OneSided = false,
        bool Fixed = false);

    public static TheoryData<string> Tracks => [.. ByName.Keys];

    private static readonly Dictionary<string, Track> ByName = new()
    {
        ["Track 1"] = new("mssp-track-1", 2013, 2021, 0.5m, 0.1m, 0, OneSided: true),
        ["Track 1+"] = new("mssp-basic-e", 2018, 2021, 0.5m, 0.1m, 0.04m, 0.08m, Fixed: true),
        ["Track 2"] = new("mssp-track-2", 2013, 2021, 0.6m, 0.15m, 0.1m),
        ["Track 3"] = new("mssp-track-3", 2016, 2021, 0.75m, 0.2m, 0.15m),
        ["BASIC A"] = new("mssp-basic-a", 2019, 2024, 0.4m, 0.1m, 0, OneSided: true),
        ["BASIC B"] = new("mssp-basic-b", 2019, 2024, 0.4m, 0.1m, 0, OneSided: true),
        ["BASIC C"] = new("mssp-basic-c", 2019, 2024, 0.5m, 0.1m, 0.01m, 0.02m, Fixed: true),
        ["BASIC D"] = new("mssp-basic-d", 2019, 2024, 0.5m, 0.1m, 0.02m, 0.04m, Fixed: true),
        ["BASIC E"] = new("mssp-basic-e", 2019, 2024, 0.5m, 0.1m, 0.04m, 0.08m, Fixed: true),
        ["ENHANCED"] = new("mssp-enhanced", 2019, 2024, 0.75m, 0.2m, 0.15m),
    };

    [Theory]
    [MemberData(nameof(Tracks))]
    public void Every_track_and_year_pays_what_the_regulation_says_to_the_dollar(string name)
    {
        var track = ByName[name];
        var random = new Random(name.Length * 7919 + name[^1]);
        var (paid, lost, relieved) = (0, 0, 0);
        for (var i = 0; i < Cases; i++)
        {
            var result = new Result(track, random);
            var expected = result.ByRegulation();
            var pack = JsonSerializer.SerializeToUtf8Bytes(result.Pack());
            using var statement = JsonDocument.Parse(ContractsModule.Settle(pack).Statement);
            var amount = statement.RootElement.GetProperty("transfers").EnumerateArray().Single(t =>
                t.GetProperty("party").GetString() == "ACO").GetProperty("amount").GetDecimal();
            amount.ShouldBe(expected, $"{name}: {JsonSerializer.Serialize(result.Pack())}");
            relieved += amount < 0 && result.Affected ? 1 : 0;
            paid += amount > 0 ? 1 : 0;
            lost += amount < 0 ? 1 : 0;
        }

        paid.ShouldBeGreaterThan(Cases / 10);
        (lost > 0).ShouldBe(!track.OneSided);
        (relieved > 0).ShouldBe(!track.OneSided);
    }

    private sealed class Result
    {
        private readonly Track _track;
        private readonly int _year, _persons, _yearOfAgreement, _monthsAffected;
        private readonly decimal _benchmark, _actual, _revenue, _quality, _minimum, _affected, _half, _sequestration;
        private readonly bool _byTable, _lowRevenue;
        private readonly string _standard;

        public Result(Track track, Random random)
        {
            _track = track;
            _year = random.Next(track.From, track.To + 1);
            _half = _year == 2019 && random.Next(2) == 0 ? 0.5m : 1;
            _persons = (int)(500 * Math.Pow(300, random.NextDouble()));
            _benchmark = (long)_persons * random.Next(7_500, 17_000) + random.Next(1_000);
            var saved = random.Next(4) switch { 0 => random.Next(-3_500, 4_500), _ => random.Next(-600, 900) };
            _actual = decimal.Round(_benchmark * (10_000 - saved) / 10_000) - random.Next(100);
            _byTable = track.OneSided || random.Next(3) == 0;
            _minimum = _year < 2016 ? 0.02m : random.Next(5) * 0.005m;
            _quality = random.Next(3_000, 10_001) / 10_000m;
            _standard = random.Next(8) switch { 0 => "not-met", 1 when _year >= 2023 => "alternative", _ => "met" };
            _lowRevenue = _year == 2024 && track.Preset.StartsWith("mssp-basic", StringComparison.Ordinal) && random.Next(2) == 0;
            _revenue = decimal.Round(_benchmark * random.Next(5, 120) / 100);
            _yearOfAgreement = random.Next(1, 5);
            (_affected, _monthsAffected) = random.Next(3) == 0 ? (random.Next(10_001) / 10_000m, random.Next(1, 13)) : (0, 0);
            _sequestration = _year is 2019 or 2020 ? 1 : 0.98m;
        }

        public bool Affected => _affected * _monthsAffected > 0;

        public decimal ByRegulation()
        {
            var saving = _benchmark - _actual;
            var band = Table.First(b => _persons <= b.To);
            var least = (_byTable ? (band.AtFrom + (band.AtTo - band.AtFrom) * (_persons - band.From) / (band.To - band.From)) / 100 : _minimum) * _benchmark;
            var earned = _standard == "not-met" ? 0 : _year <= 2020 || _standard == "alternative" ? _track.Rate * _quality : _track.Rate;
            if (saving >= 0)
            {
                var rate = saving >= least ? earned : _lowRevenue ? earned / 2 : 0;
                return Dollars(Math.Min(rate * saving * _sequestration, _track.Cap * _benchmark) * _half);
            }

            if (_track.OneSided || -saving < least)
                return 0;
            var (lowest, highest) = _track.Preset == "mssp-track-2" ? (0.4m, 0.6m) : (0.4m, 0.75m);
            var lossRate = _track.Fixed ? 0.3m : Math.Max(Math.Min(1 - (_standard == "not-met" ? 0 : _track.Rate * _quality), highest), lowest);
            var cap = _track.Preset == "mssp-track-2" ? _yearOfAgreement switch { 1 => 0.05m, 2 => 0.075m, _ => 0.1m } : _track.LossCap;
            var loss = Math.Min(lossRate * -saving, Math.Min(cap * _benchmark, _track.RevenueCap * _revenue ?? decimal.MaxValue));
            return Dollars(-(loss - loss * _affected * _monthsAffected / 12) * _half);
        }

        public JsonObject Pack()
        {
            var terms = new JsonObject
            {
                ["preset"] = _track.Preset,
                ["payer"] = "CMS",
                ["fund"] = "MSSP",
                ["system"] = "US",
                ["shares"] = new JsonArray(new JsonObject { ["party"] = "ACO", ["gain"] = 1, ["loss"] = 1 })
            };
            var inputs = new JsonObject { ["benchmark"] = _benchmark, ["actual"] = _actual, ["persons"] = _persons };
            if (!_track.OneSided)
            {
                terms["threshold"] = _byTable ? new JsonObject { ["bySize"] = new JsonObject { ["table"] = "mssp", ["losses"] = true } }
                    : new JsonObject { ["minimumSavingsRate"] = _minimum, ["minimumLossRate"] = _minimum };
            }

            terms["quality"] = new JsonObject { ["kind"] = _year <= 2020 ? "proportional" : "standard" };
            if (_year > 2020)
                inputs["qualityStandard"] = _standard;
            inputs["quality"] = new JsonArray(new JsonObject { ["metric"] = "quality", ["score"] = _year <= 2020 && _standard == "not-met" ? 0 : _quality });
            if (_half != 1)
            {
                terms["multipliers"] = new JsonArray(new JsonObject { ["code"] = "half-year", ["factor"] = _half, ["appliesTo"] = "both" });
                terms["order"] = new JsonArray("share", "gate", "cap", "adjustment", "multiplier");
            }
            else if (_sequestration == 1)
            {
                terms["multipliers"] = new JsonArray();
            }

            if (_track.Preset == "mssp-track-2")
                inputs["year"] = _yearOfAgreement;
            if (_track.RevenueCap is not null && _actual > _benchmark)
                inputs["revenue"] = _revenue;
            if (_track.Preset.StartsWith("mssp-basic", StringComparison.Ordinal))
                inputs["qualifiesBelowMinimum"] = _lowRevenue;
            if (!_track.OneSided)
                terms["adjustments"] = new JsonArray(new JsonObject { ["code"] = "disaster", ["appliesTo"] = "loss", ["kind"] = "affected" });
            if (!_track.OneSided && Affected)
            {
                inputs["adjustments"] = new JsonArray(new JsonObject
                {
                    ["code"] = "disaster",
                    ["personsAffected"] = _affected,
                    ["monthsAffected"] = _monthsAffected
                });
            }

            return new JsonObject { ["terms"] = terms, ["period"] = $"{_year}", ["inputs"] = inputs };
        }

        private static decimal Dollars(decimal amount) => decimal.Round(amount, MidpointRounding.AwayFromZero);
    }
}
