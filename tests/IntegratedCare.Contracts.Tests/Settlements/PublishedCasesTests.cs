using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Testing;

namespace IntegratedCare.Contracts.Tests.Settlements;

/// <summary>
/// What has been published, or worked by hand from a published rule, posted to the replays of the API as anybody would post it.
/// Where a pack needs a figure that the publication does not give, the case says which is invented, and has the pack again with
/// others: the payment is the same, so it rests on what was published.
/// </summary>
public class PublishedCasesTests(TestApp app) : IClassFixture<TestApp>
{
    private const string Settlements = "/v1/contracts/settlements/replay";
    private const string Payments = "/v1/contracts/payments/replay";

    /// <param name="Pays">What the provider receives; negative: pays.</param>
    /// <param name="Lines">Further figures of the publication: code of the line, result.</param>
    /// <param name="Invented">What the publication does not give.</param>
    /// <param name="Otherwise">Other figures for it, merged into the pack (RFC 7396).</param>
    private sealed record Case(string Path, string Pack, decimal Pays, (string Code, decimal Result)[]? Lines = null, string Invented = "",
        string? Otherwise = null);

    private static readonly Dictionary<string, Case> Cases = new()
    {
        // Rules of payment of the NHS with constructed figures.
        ["blended 2019/20: 40.0m + 0.20 x 1,000 x 2,000"] = new(Payments,
            Payment("""{"preset":"blended-2019-20","fixed":{"perYear":40000000},"prices":[{"pointOfDelivery":"NEL","price":2000}],"activity":"""
                + """[{"code":"emergency","pointsOfDelivery":["NEL"]}]}""",
                """{"activity":[{"pointOfDelivery":"NEL","expected":20000,"actual":21000}]}"""), 40_400_000),
        ["MRET 30 %: 10.0m + 0.30 x 1.5m"] = new(Payments,
            Payment("""{"preset":"mret-30","prices":[{"pointOfDelivery":"NEL","price":2300}],"activity":[{"code":"emergency-admissions","pointsOfDelivery":"""
                + """["NEL"],"baseline":{"perYear":10000000}}]}""",
                """{"activity":[{"pointOfDelivery":"NEL","actual":5000}]}"""), 10_450_000,
            Invented: "the price and the number of admissions, of which the value of 11.5m is given",
            Otherwise: """{"terms":{"prices":[{"pointOfDelivery":"NEL","price":1150}]},"inputs":{"activity":[{"pointOfDelivery":"NEL","actual":10000}]}}"""),
        ["MRET 70 %: 10.0m + 0.70 x 1.5m"] = new(Payments,
            Payment("""{"preset":"mret-70","prices":[{"pointOfDelivery":"NEL","price":2300}],"activity":[{"code":"emergency-admissions","pointsOfDelivery":"""
                + """["NEL"],"baseline":{"perYear":10000000}}]}""",
                """{"activity":[{"pointOfDelivery":"NEL","actual":5000}]}"""), 11_050_000,
            Invented: "as with 30 %", Otherwise: """{"terms":{"prices":[{"pointOfDelivery":"NEL","price":1150}]},"inputs":{"activity":"""
                + """[{"pointOfDelivery":"NEL","actual":10000}]}}"""),
        ["API 2022/23 above: 100m + 0.75 x 2m"] = new(Payments, Payment(Api, """{"activity":[{"pointOfDelivery":"EL","actual":32000}]}"""), 101_500_000,
            Invented: "the price and the number, of which the value of 32m is given",
            Otherwise: """{"terms":{"prices":[{"pointOfDelivery":"EL","price":500}]},"inputs":{"activity":[{"pointOfDelivery":"EL","actual":64000}]}}"""),
        ["API 2022/23 below: 100m - 0.75 x 3m"] = new(Payments, Payment(Api, """{"activity":[{"pointOfDelivery":"EL","actual":27000}]}"""), 97_750_000,
            Invented: "the price and the number, of which the value of 27m is given",
            Otherwise: """{"terms":{"prices":[{"pointOfDelivery":"EL","price":500}]},"inputs":{"activity":[{"pointOfDelivery":"EL","actual":54000}]}}"""),
        ["CQUIN 1.25 % of 80m: 0.70m earned, 0.30m deducted"] = new(Payments,
            Payment("""{"preset":"cquin-2022-23","fixed":{"perYear":80000000},"outcomes":[{"code":"cquin","indicators":[{"code":"a"},{"code":"b"}"""
                + """,{"code":"c"},{"code":"d"},{"code":"e"}]}]}""",
                """{"outcomes":[{"outcome":"cquin","indicator":"a","score":1},{"outcome":"cquin","indicator":"b","score":1}"""
                    + """,{"outcome":"cquin","indicator":"c","score":1},{"outcome":"cquin","indicator":"d","score":0.5}"""
                        + """,{"outcome":"cquin","indicator":"e","score":0}]}"""),
            79_700_000, [("stake:cquin", 1_000_000), ("earned:cquin", 700_000)]),

        // Risk-shares with constructed figures.
        ["symmetric share: 0.4 of 2.0m, cap not reached"] = new(Settlements,
            Settlement("""{"form":"cost-against-benchmark","measure":{"source":"given"},"benchmark":{"kind":"given"},"marginalCostShare":0.5,"threshold":"""
                + """{"minimumSavingsRate":0,"minimumLossRate":0},"limits":{"cap":0.03,"floor":-0.03,"appliesTo":"party-share"},"shares":"""
                    + """[{"party":"CMS","gain":0.6,"loss":0.6},{"party":"ACO","gain":0.4,"loss":0.4}]}""",
                "2024", """{"benchmark":50000000,"actual":48000000,"persons":100000}"""), 800_000, [("cap", 1_500_000)],
            "persons and the part of cost that is freed, which serve warnings only; the floor",
            """{"terms":{"marginalCostShare":1,"limits":{"floor":-0.01}},"inputs":{"persons":5000}}"""),
        ["collar: half of 1.5m beyond 49.5m"] = new(Settlements,
            Settlement("""{"form":"cost-against-benchmark","measure":{"source":"given"},"benchmark":{"kind":"given"},"marginalCostShare":0.5,"threshold":"""
                + """{"minimumSavingsRate":0.01,"minimumLossRate":0.01,"sharing":"excess-only"},"sharing":{"gain":0.5},"limits":{"cap":0.1,"floor":-0.1}}""",
                "2024", """{"benchmark":50000000,"actual":48000000,"persons":100000}"""), 750_000, [("result-after-threshold", 1_500_000)],
            "persons and the part of cost that is freed, which serve warnings only; limits, not reached",
            """{"terms":{"marginalCostShare":1,"limits":{"cap":0.03,"floor":-0.03}},"inputs":{"persons":5000}}"""),

        // Medicare Shared Savings Program: published results (public use files of CMS).
        ["Palm Beach 2017, Track 1, at a score that rounds to the published 0.9219"] = new(Settlements,
            Settlement("""{"preset":"mssp-track-1"}""", "2017",
                """{"benchmark":899870234,"actual":836717663,"persons":67521,"quality":[{"metric":"quality","score":0.921946}]}"""), 28_529_398,
            [("saving-at-price", 63_152_571), ("minimum-rate", 0.02m)],
            "places of the score beyond the fourth: with 0.92185 to 0.92195 the payment is 28,526,427 to 28,529,521, see the next two"),
        ["Palm Beach 2017, the least that 0.9219 may mean"] = new(Settlements,
            Settlement("""{"preset":"mssp-track-1"}""", "2017",
                """{"benchmark":899870234,"actual":836717663,"persons":67521,"quality":[{"metric":"quality","score":0.92185}]}"""), 28_526_427),
        ["Palm Beach 2017, the most that 0.9219 may mean"] = new(Settlements,
            Settlement("""{"preset":"mssp-track-1"}""", "2017",
                """{"benchmark":899870234,"actual":836717663,"persons":67521,"quality":[{"metric":"quality","score":0.92195}]}"""), 28_529_521),
        ["A1001 2024, ENHANCED: 75 % x 0.98 of 146,796,367"] = new(Settlements,
            Settlement("""{"preset":"mssp-enhanced"}""", "2024", """{"benchmark":1650927172,"actual":1504130805,"persons":100000,"qualityStandard":"met"}"""),
            107_895_330, [("saving-at-price", 146_796_367)],
            "persons; the chosen minimum rate", """{"terms":{"threshold":{"minimumSavingsRate":0.005,"minimumLossRate":0.005}},"inputs":{"persons":5000}}"""),
        ["A1001 2024: loss rate 1 - 0.75 x 0.7705, published as 42.21 %"] = new(Settlements,
            Settlement("""{"preset":"mssp-enhanced"}""", "2024",
                """{"benchmark":100000000,"actual":110000000,"persons":10000,"qualityStandard":"met","quality":[{"metric":"quality","score":0.7705}]}"""),
                -4_221_250, [("loss-rate", 0.422125m)],
            "the loss itself: it had a gain; the rate is published all the same"),
        ["A2029 2024, ENHANCED: 40 % of -3,432,303, disaster adjustment 1,382"] = new(Settlements,
            Settlement("""{"preset":"mssp-enhanced","threshold":{"minimumSavingsRate":0,"minimumLossRate":0}}""", "2024",
                """{"benchmark":497679939,"actual":501112242,"persons":40000,"qualityStandard":"met","quality":[{"metric":"quality","score":0.9}]"""
                    + ""","adjustments":[{"code":"disaster","amount":1382}]}"""), -1_371_539,
            [("saving-at-price", -3_432_303), ("loss-rate", 0.4m), ("after-limits", -1_372_921)],
            "persons; the score, at least 0.8 for the published 40 %; the minimum rate, below its loss of 0.69 %",
            """{"terms":{"threshold":{"minimumSavingsRate":0.005,"minimumLossRate":0.005}},"inputs":{"persons":5000,"quality":[{"metric":"quality","score":"""
                + """0.8}]}}"""),
        ["A00755 2017, Track 1: exactly 10 % of the benchmark, sequestration before the cap"] = new(Settlements,
            Settlement("""{"preset":"mssp-track-1"}""", "2017",
                """{"benchmark":128423263,"actual":90089518,"persons":12000,"quality":[{"metric":"quality","score":0.9146}]}"""), 12_842_326,
                [("saving-at-price", 38_333_745), ("cap", 12_842_326)],
            "persons; of the score, the rate 0.4573 that is half of it is published", """{"inputs":{"persons":700}}"""),
        ["A5388 2024, BASIC A, low revenue: 20 % x 0.98 of 2,529,603 below the minimum"] = new(Settlements,
            Settlement("""{"preset":"mssp-basic-a"}""", "2024",
                """{"benchmark":108102692,"actual":105573089,"persons":10100,"qualityStandard":"met","qualifiesBelowMinimum":true}"""), 495_802,
                [("saving-at-price", 2_529_603), ("minimum-rate", 0.02994m)],
            "benchmark and expenditure, of which the difference and its 2.34 % are given; persons, from the minimum of 2.99 %",
            """{"inputs":{"benchmark":108200000,"actual":105670397,"persons":9000}}"""),

        // Its formulas, with constructed figures: a benchmark of 100m and 10,000 persons (a minimum rate of 3 % by size).
        ["deadband: a saving below the minimum pays nothing"] = new(Settlements, Formula("""{"preset":"mssp-track-1"}""", 97_000_001, Score(1)), 0,
            [("saving-at-price", 2_999_999)]),
        ["deadband: from the minimum on the whole of it counts"] = new(Settlements, Formula("""{"preset":"mssp-track-1"}""", 97_000_000, Score(1)), 1_470_000,
            [("saving-rate", 0.03m)]),
        ["deadband: a loss below the minimum costs nothing"] = new(Settlements,
            Formula("""{"preset":"mssp-enhanced"}""", 101_999_999, "\"qualityStandard\":\"met\"," + Score(0.9m)), 0),
        ["deadband: from the minimum on the whole loss counts"] = new(Settlements,
            Formula("""{"preset":"mssp-enhanced"}""", 102_000_000, "\"qualityStandard\":\"met\"," + Score(0.9m)), -800_000),
        ["earned: 0.98 x rate x saving, not above the cap"] = new(Settlements,
            Formula("""{"preset":"mssp-enhanced"}""", 50_000_000, "\"qualityStandard\":\"met\""), 20_000_000, [("after-share-gate-sequestration", 36_750_000)]),
        ["quality from 2021: the standard met"] = new(Settlements,
            Formula("""{"preset":"mssp-basic-b"}""", 90_000_000, "\"qualifiesBelowMinimum\":false,\"qualityStandard\":\"met\""), 3_920_000),
        ["quality from 2021: the alternative standard, BASIC B at 28 %"] = new(Settlements,
            Formula("""{"preset":"mssp-basic-b"}""", 90_000_000, "\"qualifiesBelowMinimum\":false,\"qualityStandard\":\"alternative\"," + Score(0.7m)),
            2_744_000),
        ["quality from 2021: the alternative standard, BASIC B at 31 %"] = new(Settlements,
            Formula("""{"preset":"mssp-basic-b"}""", 90_000_000, "\"qualifiesBelowMinimum\":false,\"qualityStandard\":\"alternative\"," + Score(0.775m)),
            3_038_000),
        ["quality from 2021: neither"] = new(Settlements,
            Formula("""{"preset":"mssp-basic-b"}""", 90_000_000, "\"qualifiesBelowMinimum\":false,\"qualityStandard\":\"not-met\""), 0),
        ["quality, Tracks 1 to 3: rate x score"] = new(Settlements, Formula("""{"preset":"mssp-track-3"}""", 90_000_000, Score(0.9m)), 6_615_000),
        ["quality, Tracks 1 to 3: nothing below the minimum attainment"] = new(Settlements,
            Formula("""{"preset":"mssp-track-3","quality":{"kind":"proportional","minimum":0.7}}""", 90_000_000, Score(0.69m)), 0),
        ["reduced sharing from 2024: 25 % at BASIC C to E"] = new(Settlements,
            Formula("""{"preset":"mssp-basic-e"}""", 98_500_000, "\"qualifiesBelowMinimum\":true,\"qualityStandard\":\"met\""), 367_500),
        ["shared loss: capped, then less the disaster adjustment"] = new(Settlements,
            Formula("""{"preset":"mssp-basic-e"}""", 110_000_000,
                "\"qualifiesBelowMinimum\":false,\"qualityStandard\":\"met\",\"revenue\":20000000,\"adjustments\":[{\"code\":\"disaster\",\"amount\":100000}]"),
                    -1_500_000, [("floor", -1_600_000)]),
        ["shared loss: less the part of persons and months affected, rounded once"] = new(Settlements,
            Formula("""{"preset":"mssp-basic-e","adjustments":[{"code":"disaster","appliesTo":"loss","kind":"affected"}]}""", 110_000_000,
                "\"qualifiesBelowMinimum\":false,\"qualityStandard\":\"met\",\"revenue\":20000001,"
                + "\"adjustments\":[{\"code\":\"disaster\",\"personsAffected\":0.25,\"monthsAffected\":5}]"), -1_433_333, [("floor", -1_600_000)]),
        // One enrolment type; that the four types are added up is the caller's: it gives the sum as a benchmark.
        ["benchmark: base years per head at 10, 30 and 60 %, trended, blended with the region"] = new(Settlements,
            Settlement("""{"preset":"mssp-enhanced","benchmark":{"kind":"historical","perHead":true,"baseYears":[{"label":"2021","amount":90000000"""
                + ""","persons":10000,"trend":1.1,"weight":0.1},{"label":"2022","amount":95000000,"persons":10000,"trend":1.05,"weight":0.3}"""
                    + """,{"label":"2023","amount":100000000,"persons":10000,"trend":1.02,"weight":0.6}],"peerPerHead":10000,"peerWeight":0.35}}""",
                "2024", """{"actual":95666250,"persons":10000,"qualityStandard":"met"}"""), 3_675_000,
                    [("base-years", 10_102.5m), ("blended-benchmark", 10_066.625m), ("benchmark-value", 100_666_250)]),
        ["risk score cap: growth of 5 % counts as 3 %"] = new(Settlements,
            Formula("""{"preset":"mssp-enhanced","benchmark":{"kind":"given","needCap":0.03}}""", 93_000_000,
                "\"needRatio\":1.05,\"qualityStandard\":\"met\""), 7_350_000, [("benchmark-value", 103_000_000)]),
        ["2023 and 2024, A5309 and A5321: a saving above a minimum of 0, not paid for reasons outside the file"] = new(Settlements,
            Formula("""{"preset":"mssp-enhanced","threshold":{"minimumSavingsRate":0,"minimumLossRate":0}}""", 99_000_000, "\"qualityStandard\":\"not-met\""),
            0,
            Invented: "all but that there was a saving and no payment"),
    };

    private const string Api = """{"preset":"api-2022-23","fixed":{"perYear":100000000},"prices":[{"pointOfDelivery":"EL","price":1000}],"activity":"""
        + """[{"code":"elective","pointsOfDelivery":["EL"],"baseline":{"perYear":30000000}}]}""";

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Published_and_worked_cases_reproduce_over_http_to_the_last_unit(string name)
    {
        var published = Cases[name];
        var statement = await app.ClientFor("demo-council").PostAsync(published.Path, published.Pack, 200);
        Received(statement).ShouldBe(published.Pays);
        foreach (var (code, result) in published.Lines ?? [])
        {
            decimal.Round(statement.GetProperty("lines").EnumerateArray().Single(l =>
                l.GetProperty("code").GetString() == code).GetProperty("result").GetDecimal(), 6).ShouldBe(result, code);
        }

        if (published.Otherwise is { } other)
        {
            published.Invented.ShouldNotBeEmpty();
            var pack = Merge(JsonNode.Parse(published.Pack)!.AsObject(), JsonNode.Parse(other)!.AsObject()).ToJsonString();
            pack.ShouldNotBe(JsonNode.Parse(published.Pack)!.ToJsonString());
            Received(await app.ClientFor("demo-council").PostAsync(published.Path, pack, 200)).ShouldBe(published.Pays, published.Invented);
        }
    }

    private static decimal Received(JsonElement statement) =>
        statement.GetProperty("transfers").EnumerateArray().Single(t => t.GetProperty("party").GetString() == "ACO").GetProperty("amount").GetDecimal();

    private static JsonObject Merge(JsonObject into, JsonObject patch)
    {
        foreach (var (name, value) in patch)
            into[name] = value is JsonObject inner && into[name] is JsonObject target ? Merge((JsonObject)target.DeepClone(), inner) : value?.DeepClone();
        return into;
    }

    private static string Score(decimal score) => $$"""
        "quality":[{"metric":"quality","score":{{score.ToString(CultureInfo.InvariantCulture)}}}]
        """;

    private static string Formula(string terms, int actual, string inputs) =>
        Settlement(terms, "2024", $$"""{"benchmark":100000000,"actual":{{actual.ToString(CultureInfo.InvariantCulture)}},"persons":10000,{{inputs}}}""");

    private static string Settlement(string terms, string period, string inputs) =>
        Pack(terms, """{"payer":"CMS","fund":"MSSP","system":"US","shares":[{"party":"ACO","gain":1,"loss":1}]}""", period, inputs);

    private static string Payment(string terms, string inputs) => Pack(terms, """{"payer":"CMS","provider":"ACO"}""", "2022/23", inputs);

    private static string Pack(string terms, string parties, string period, string inputs) =>
        new JsonObject
        {
            ["terms"] = Merge(JsonNode.Parse(parties)!.AsObject(), JsonNode.Parse(terms)!.AsObject()),
            ["period"] = period,
            ["inputs"] = JsonNode.Parse(inputs)
        }.ToJsonString();
}
