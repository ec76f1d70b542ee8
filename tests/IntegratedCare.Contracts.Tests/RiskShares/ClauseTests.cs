using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;

namespace IntegratedCare.Contracts.Tests.RiskShares;

/// <summary>
/// Each clause of the terms worked by hand, on both sides where it has two. Properties hold of any engine that is consistent; these
/// say which engine it is. Unless a case says otherwise the benchmark is 1,000,000, for 10,000 persons in a year, shared in halves
/// with the payer.
/// </summary>
public class ClauseTests
{
    private const string Bands = """{"corridors":[{"from":0,"to":0.02,"gain":0.2,"loss":0.1},{"from":0.02,"to":0.05,"gain":0.5,"loss":0.4},{"from":0.05"""
        + ""","gain":0.8,"loss":0.3}]}""";
    private const string Excess = """{"threshold":{"minimumSavingsRate":0.02,"minimumLossRate":0.01,"sharing":"excess-only"}}""";
    private const string Earned = """{"sharing":{"gain":0.75,"loss":{"kind":"one-minus-earned","floor":0.4,"ceiling":0.75}},"quality":"""
        + """{"kind":"proportional"}}""";
    private const string Ladder = """{"quality":{"kind":"ladder","steps":[{"from":0.3,"factor":0.5},{"from":0.6,"factor":0.75},{"from":0.9,"factor":1}]}}""";
    private const string Weighted = """{"quality":{"kind":"proportional","metrics":[{"metric":"a","weight":3},{"metric":"b","weight":1}]}}""";
    private const string Years = """{"limits":{"cap":1,"floorByYear":[-0.05,-0.075,-0.1]}}""";
    private const string Revenue = """{"limits":{"cap":0.05,"floor":-0.05,"capOfRevenue":0.1,"floorOfRevenue":-0.15}}""";
    private const string Bonus = """{"limits":{"cap":0.05,"floor":-0.05},"multipliers":[{"code":"m","factor":0.9,"appliesTo":"both"}]""";
    private const string History = """{"benchmark":{"kind":"historical","perHead":true,"baseYears":[{"label":"2022","amount":900000,"persons":1000,"trend":"""
        + """1.05,"weight":0.4},{"label":"2023","amount":1000000,"persons":1000,"trend":1.02,"weight":0.6}],"peerPerHead":1100,"peerWeight":0.25}}""";
    private const string Steps = """{"stepCosts":[{"code":"ward","size":40000,"cost":30000}]}""";
    private const string Reinvested = """{"division":{"method":"fixed","reinvestment":0.1}}""";
    private const string Losers = """{"division":{"method":"losers-first"}}""";

    [Theory]
    // Threshold: what exceeds 20,000 of a saving, 10,000 of a loss.
    [InlineData(Excess, "", 950_000, "result-after-threshold", 30_000), InlineData(Excess, "", 980_001, "result-after-threshold", 0),
        InlineData(Excess, "", 1_050_000, "result-after-threshold", -40_000)]
    // Corridors: 20,000 at 0.2, 30,000 at 0.5 and 50,000 at 0.8; a loss at 0.1, 0.4 and 0.3.
    [InlineData(Bands, "", 900_000, "result-to-share", 59_000), InlineData(Bands, "", 1_100_000, "result-to-share", -29_000)]
    // Loss rate 1 - 0.75 x score: 0.55; 0.85, above the ceiling; 0.325, below the floor. A gain at 0.75 x 0.6.
    [InlineData(Earned, """{"quality":[{"metric":"quality","score":0.6}]}""", 1_100_000, "result-to-share", -55_000),
        InlineData(Earned, """{"quality":[{"metric":"quality","score":0.2}]}""", 1_100_000, "result-to-share", -75_000)]
    [InlineData(Earned, """{"quality":[{"metric":"quality","score":0.9}]}""", 1_100_000, "result-to-share", -40_000),
        InlineData(Earned, """{"quality":[{"metric":"quality","score":0.6}]}""", 900_000, "result-to-share", 45_000)]
    // One-sided: no loss is shared.
    [InlineData("""{"sharing":{"gain":0.5}}""", "", 1_100_000, "result-to-share", 0),
        InlineData("""{"sharing":{"gain":0.5,"loss":{"rate":0.3}}}""", "", 1_100_000, "result-to-share", -30_000)]
    // The highest step of the ladder that the score reaches.
    [InlineData(Ladder, """{"quality":[{"metric":"quality","score":0.29}]}""", 900_000, "result-to-share", 0),
        InlineData(Ladder, """{"quality":[{"metric":"quality","score":0.59}]}""", 900_000, "result-to-share", 50_000)]
    [InlineData(Ladder, """{"quality":[{"metric":"quality","score":0.6}]}""", 900_000, "result-to-share", 75_000),
        InlineData(Ladder, """{"quality":[{"metric":"quality","score":0.95}]}""", 900_000, "result-to-share", 100_000)]
    // Binary and proportional from their minimum; a quality gate leaves a loss alone.
    [InlineData("""{"quality":{"kind":"binary","minimum":0.8}}""", """{"quality":[{"metric":"quality","score":0.8}]}""", 900_000, "result-to-share", 100_000)]
    [InlineData("""{"quality":{"kind":"binary","minimum":0.8}}""", """{"quality":[{"metric":"quality","score":0.79}]}""", 900_000, "result-to-share", 0)]
    [InlineData("""{"quality":{"kind":"binary","minimum":0.8}}""", """{"quality":[{"metric":"quality","score":0}]}""", 1_100_000, "result-to-share", -100_000)]
    [InlineData("""{"quality":{"kind":"proportional","minimum":0.5}}""", """{"quality":[{"metric":"quality","score":0.5}]}""", 900_000, "result-to-share",
        50_000)]
    [InlineData("""{"quality":{"kind":"proportional","minimum":0.5}}""", """{"quality":[{"metric":"quality","score":0.49}]}""", 900_000, "result-to-share", 0)]
    // Two metrics, three to one: (3 x 0.8 + 0.4) / 4.
    [InlineData(Weighted, """{"quality":[{"metric":"a","score":0.8},{"metric":"b","score":0.4}]}""", 900_000, "result-to-share", 70_000)]
    // Floors of the first, second, third and any later year.
    [InlineData(Years, """{"year":1}""", 1_500_000, "result-to-share", -50_000), InlineData(Years, """{"year":2}""", 1_500_000, "result-to-share", -75_000)]
    [InlineData(Years, """{"year":3}""", 1_500_000, "result-to-share", -100_000), InlineData(Years, """{"year":9}""", 1_500_000, "result-to-share", -100_000)]
    // 5 % of the benchmark or 10 and 15 % of revenue, whichever is less.
    [InlineData(Revenue, """{"revenue":200000}""", 800_000, "result-to-share", 20_000),
        InlineData(Revenue, """{"revenue":200000}""", 1_200_000, "result-to-share", -30_000)]
    [InlineData(Revenue, """{"revenue":9000000}""", 800_000, "result-to-share", 50_000),
        InlineData(Revenue, """{"revenue":9000000}""", 1_200_000, "result-to-share", -50_000)]
    // A multiplier before the cap is swallowed by it, one after it is not.
    [InlineData(Bonus + "}", "", 900_000, "result-to-share", 50_000),
        InlineData(Bonus + ""","order":["cap","multiplier"]}""", "", 900_000, "result-to-share", 45_000)]
    [InlineData(Bonus + ""","order":["cap","multiplier"]}""", "", 1_100_000, "result-to-share", -45_000)]
    // Need moves the benchmark by no more than 3 %, up or down.
    [InlineData("""{"benchmark":{"kind":"given","needCap":0.03}}""", """{"needRatio":1.02}""", 900_000, "benchmark-value", 1_020_000),
        InlineData("""{"benchmark":{"kind":"given","needCap":0.03}}""", """{"needRatio":1.1}""", 900_000, "benchmark-value", 1_030_000)]
    [InlineData("""{"benchmark":{"kind":"given","needCap":0.03}}""", """{"needRatio":0.9}""", 900_000, "benchmark-value", 970_000)]
    // 900 x 1.05 x 0.4 + 1,000 x 1.02 x 0.6 = 990; three quarters of it and a quarter of 1,100 are 1,017.50; for 10,000 persons.
    [InlineData(History, "", 900_000, "base-years", 990), InlineData(History, "", 900_000, "blended-benchmark", 1_017.5),
        InlineData(History, "", 900_000, "benchmark-value", 10_175_000)]
    // Two whole wards of 40,000 go, or come, at 30,000 each beside half of the 100,000; 20,000 is less than a ward.
    [InlineData(Steps, "", 900_000, "saving-at-marginal-cost", 110_000), InlineData(Steps, "", 1_100_000, "saving-at-marginal-cost", -110_000),
        InlineData(Steps, "", 890_000, "no-step:ward", 30_000)]
    // A tenth of a gain stays in the fund, nothing of a loss.
    [InlineData(Reinvested, "", 900_000, "transfer:ACO", 45_000), InlineData(Reinvested, "", 900_000, "transfer:PAY", -55_000),
        InlineData(Reinvested, "", 1_100_000, "transfer:ACO", -50_000), InlineData(Reinvested, "", 1_100_000, "transfer:PAY", 50_000)]
    // 30,000 is made good first and the rest halved; more loss than gain takes all of it; a loss goes by the shares.
    [InlineData(Losers, """{"parties":[{"party":"PAY","ownResult":5},{"party":"ACO","ownResult":-30000}]}""", 900_000, "transfer:ACO", 65_000)]
    [InlineData(Losers, """{"parties":[{"party":"PAY","ownResult":0},{"party":"ACO","ownResult":-300000}]}""", 900_000, "transfer:ACO", 100_000)]
    [InlineData(Losers, """{"parties":[{"party":"PAY","ownResult":0},{"party":"ACO","ownResult":-30000}]}""", 1_100_000, "transfer:ACO", -50_000)]
    public void A_clause_gives_what_it_gives_by_hand(string clause, string inputs, int actual, string line, double result) =>
        Line(Settle(clause, inputs, actual), line).ShouldBe((decimal)result);

    [Theory]
    [InlineData("equal", "", 50_000, 50_000)]
    [InlineData("by-budget", """{"parties":[{"party":"ACO","budget":300},{"party":"GPF","budget":100}]}""", 75_000, 25_000)]
    [InlineData("by-performance", """{"parties":[{"party":"ACO","score":0.2},{"party":"GPF","score":0.6}]}""", 25_000, 75_000)]
    public void Division_without_shares_goes_to_all_but_the_payer(string method, string inputs, int first, int second)
    {
        foreach (var (actual, sign) in new[] { (900_000, 1), (1_100_000, -1) })
        {
            var statement = Settle($$$"""{"division":{"method":"{{{method}}}"},"shares":[{"party":"ACO","gain":0,"loss":0},{"party":"GPF","gain":0,"loss":"""
                + $$$"""0}]}""", inputs, actual);
            (Line(statement, "transfer:ACO"), Line(statement, "transfer:GPF"),
                Line(statement, "transfer:PAY")).ShouldBe((sign * first, sign * second, -sign * 100_000m));
        }
    }

    [Fact]
    public void A_limit_for_one_person_cuts_the_spend()
    {
        const string costs = """{"measure":{"source":"costs","costs":{"truncateAt":20000}},"benchmark":{"perQuarter":250000}}""";
        Line(Settle(costs, """{"costs":{"persons":10000,"personsWithCare":9,"records":20,"withoutAmount":0,"spend":1000000,"cut":150000,"actualCost":500000"""
            + ""","versions":20}}""", null), "saving-at-price").ShouldBe(150_000);
    }

    [Theory]
    // 1,000,000 x 2.15 over the root of 10,000 persons for a year, of 2,500 person-years in a quarter.
    [InlineData("2026", 21_500), InlineData("2026-Q3", 43_000)]
    public void Chance_varies_with_the_person_years_of_the_period(string period, int deviation) =>
        Line(Settle("{}", "", 990_000, period), "chance-deviation").ShouldBe(deviation);

    private static Statement Settle(string clause, string inputs, int? actual, string? period = null)
    {
        var terms = JsonNode.Parse("""
            {"form":"cost-against-benchmark","measure":{"source":"given"},"benchmark":{"kind":"given"},"marginalCostShare":0.5,
            "threshold":{"minimumSavingsRate":0,"minimumLossRate":0},
             "limits":{"cap":1,"floor":-1},"shares":[{"party":"ACO","gain":0.5,"loss":0.5},{"party":"PAY","gain":0.5,"loss":0.5}],"payer":"PAY","fund":"F",
             "system":"S"}
            """)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(clause)!.AsObject())
            terms[name] = value!.DeepClone();
        var stated = JsonNode.Parse(inputs.Length == 0 ? "{}" : inputs)!.AsObject();
        if (actual is not null)
        {
            stated["actual"] = actual;
            stated["persons"] = 10_000;
        }

        if (terms["benchmark"]!["kind"]?.GetValue<string>() == "given")
            stated["benchmark"] = 1_000_000;
        var pack = new JsonObject { ["terms"] = terms, ["period"] = "2024", ["inputs"] = stated };
        if (period is not null)
            pack["period"] = period;
        return RiskShareEngine.Settle(PackJson.Read<PackDraft>(Encoding.UTF8.GetBytes(pack.ToJsonString())).Complete());
    }

    private static decimal Line(Statement statement, string code) =>
        statement.Lines.SingleOrDefault(l => l.Code == code)?.Result
            ?? throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
            $"No line {code} among {string.Join(", ", statement.Lines.Select(l => l.Code))}"));
}
