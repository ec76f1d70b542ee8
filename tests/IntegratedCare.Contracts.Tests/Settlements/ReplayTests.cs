using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IntegratedCare.Testing;

namespace IntegratedCare.Contracts.Tests.Settlements;

/// <summary>Packs replayed over HTTP: the same bytes as the stand-alone computation, and nothing stored.</summary>
public class ReplayTests(TestApp app) : IClassFixture<TestApp>
{
    private const string Replay = "/v1/contracts/settlements/replay";

    [Fact]
    public async Task A_replay_gives_the_bytes_of_the_stand_alone_computation_and_their_digest_and_stores_nothing()
    {
        var pack = Pack("""{"preset":"mssp-enhanced"}""", """{"benchmark":1650927172,"actual":1504130805,"persons":100000,"qualityStandard":"met"}""");
        var rows = await RowsAsync();
        using var response = await app.ClientFor("demo-council").PostAsync(Replay, new StringContent(pack, Encoding.UTF8, "application/json"));
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var (alone, sha256) = ContractsModule.Settle(Encoding.UTF8.GetBytes(pack));
        bytes.ShouldBe(alone);
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(sha256);
        response.Headers.GetValues("Repr-Digest").Single().ShouldBe($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:");
        (await RowsAsync()).ShouldBe(rows);

        Task<long> RowsAsync() => app.ScalarAsync<long>("SELECT (SELECT count(*) FROM contracts.mt_doc_settlement) + (SELECT count(*) FROM "
            + "contracts.mt_doc_risk_share) + (SELECT count(*) FROM contracts.outbox)");
    }

    [Fact]
    public async Task Lines_come_as_csv_and_as_a_page_too()
    {
        var pack = Pack("""{"preset":"mssp-enhanced"}""", """{"benchmark":1650927172,"actual":1504130805,"persons":100000,"qualityStandard":"met"}""");
        foreach (var (type, holds) in new[] { ("text/csv", "\"transfer:ACO\""), ("text/html", "<!DOCTYPE html>") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Replay) { Content = new StringContent(pack, Encoding.UTF8, "application/json") };
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
            using var response = await app.ClientFor("demo-council").SendAsync(request);
            response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
            (await response.Content.ReadAsStringAsync()).ShouldContain(holds);
        }
    }

    [Theory]
    [InlineData("""{"preset":"mssp-enhanced"}""", """{"benchmark":100,"actual":90,"persons":10000,"qualityStandard":"met","quality":[null]}""",
        "/inputs/quality/0")]
    [InlineData("""{"preset":"mssp-enhanced"}""", """{"benchmark":100,"actual":90,"persons":10000,"qualityStandard":"met","adjustments":[null]}""",
        "/inputs/adjustments/0")]
    [InlineData("""{"preset":"mssp-enhanced"}""", """{"benchmark":100,"actual":90,"persons":10000,"qualityStandard":"met","parties":[null]}""",
        "/inputs/parties/0")]
    [InlineData("""{"preset":"mssp-enhanced"}""", """{"benchmark":100,"actual":90,"persons":10000,"qualityStandard":"met","parties":[{}]}""",
        "/inputs/parties/0/party")]
    public async Task Nulls_in_inputs_are_refused_with_their_place(string terms, string inputs, string pointer)
    {
        var council = app.ClientFor("demo-council");
        foreach (var (path, body, at) in new[] { (Replay, Pack(terms, inputs), ""),
            ("/v1/contracts/simulations", "{\"draws\":100,\"pack\":" + Pack(terms, inputs) + "}", "/pack") })
        {
            (await council.PostAsync(path, body, 400)).GetProperty("errors").EnumerateArray()
                .Select(e => e.GetProperty("pointer").GetString()).ShouldContain(at + pointer);
        }

        var scenario = "{\"draws\":100,\"pack\":" + Pack(terms, """{"benchmark":100,"persons":10000,"qualityStandard":"met"}""")
            + ",\"scenarios\":[{\"name\":\"x\",\"effect\":0,\"inputs\":" + inputs + "}]}";
        (await council.PostAsync("/v1/contracts/simulations", scenario, 400)).GetProperty("errors").EnumerateArray()
            .Select(e => e.GetProperty("pointer").GetString()).ShouldContain($"/scenarios/0{pointer}");
    }

    [Fact]
    public async Task Care_costs_of_a_pack_that_cannot_be_are_refused()
    {
        var council = app.ClientFor("demo-council");
        const string Terms = """{"form":"cost-against-benchmark","measure":{"source":"costs"},"benchmark":{"perQuarter":100},"marginalCostShare":1"""
            + ""","threshold":{"minimumSavingsRate":0,"minimumLossRate":0},"limits":{"cap":1,"floor":-1}}""";
        var refused = await council.PostAsync(Replay,
            Pack(Terms, """{"costs":{"persons":5e28,"personsWithCare":-1,"records":1,"withoutAmount":0,"spend":-1000,"cut":2e27,"actualCost":0.001"""
                + ""","versions":1}}"""), 400);
        refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()!).ShouldBe(
            ["/inputs/costs/persons", "/inputs/costs/personsWithCare", "/inputs/costs/spend", "/inputs/costs/cut", "/inputs/costs/actualCost",
                "/inputs/costs/cut"]);
        await council.PostAsync(Replay,
            Pack(Terms, """{"costs":{"persons":10,"personsWithCare":1,"records":1,"withoutAmount":0,"spend":400,"cut":0,"actualCost":200,"versions":1}}"""),
            200);
    }

    [Fact]
    public async Task Figures_beyond_what_can_be_computed_and_a_payer_by_itself_are_refused()
    {
        var council = app.ClientFor("demo-council");
        var multipliers = string.Join(',', Enumerable.Range(0, 10).Select(i => $$"""{"code":"m{{i}}","factor":10,"appliesTo":"both"}"""));
        var terms = $$$"""{"form":"cost-against-benchmark","measure":{"source":"given"},"benchmark":{"kind":"peer","peerPerHead":1000000000000}"""
            + $$$""","marginalCostShare":1,"multipliers":[{{{multipliers}}}],"threshold":{"minimumSavingsRate":0,"minimumLossRate":0},"limits":{"cap":1"""
                + $$$""","floor":-1}}""";
        (await council.PostAsync(Replay, Pack(terms, """{"actual":0,"persons":1000000000}"""), 400)).GetProperty("code").GetString().ShouldBe("inputs-unfit");
        foreach (var alone in new[] { """{"preset":"two-way-share","shares":[{"party":"PAY","gain":1,"loss":1}]}""",
            """{"preset":"two-way-share","shares":[],"division":{"method":"equal"}}""" })
        {
            var refused = await council.PostAsync(Replay, Pack(alone, """{"benchmark":100,"actual":90,"persons":10000}"""), 400);
            refused.GetProperty("errors").EnumerateArray()
                .Select(e => e.GetProperty("detail").GetString()).ShouldContain(d => d!.Contains("Nobody beside the payer", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("""{"preset":"mssp-enhanced","multipliers":[{"code":"bonus","factor":2}],"order":["share","gate","cap","multiplier","adjustment"]}""",
        "/terms/order")]
    [InlineData("""{"preset":"mssp-enhanced","multipliers":[{"code":"limits","factor":0.5}]}""", "/terms/multipliers/0/code")]
    [InlineData("""{"preset":"mssp-enhanced","limits":{"cap":0.2,"floor":-5,"floorByYear":[-0.1]}}""", "/terms/limits/floor")]
    [InlineData("""{"preset":"northumbria","measure":{"areaKind":"place","area":"WANSBECK"},"benchmark":{"perQuarter":100},"unitPrice":100,"marginalCost":"""
        + """50}""", "/terms/measure/areaKind")]
    [InlineData("""{"preset":"mssp-enhanced","sharing":{"gain":-0.1}}""", "/terms/sharing/gain")]
    [InlineData("""{"preset":"corridor","corridors":[{"from":0,"to":0.02,"gain":0.5,"loss":0.5},{"from":0.01,"to":0.03,"gain":0.5,"loss":0.5}]}""",
        "/terms/corridors")]
    [InlineData("""{"preset":"mssp-enhanced","order":["share","share"]}""", "/terms/order/1")]
    [InlineData("""{"preset":"mssp-enhanced","order":["share","cap"]}""", "/terms/order")]
    [InlineData("""{"preset":"mssp-track-1","quality":{"kind":"ladder"}}""", "/terms/quality/steps")]
    [InlineData("""{"preset":"corridor","sharing":{"gain":0.5}}""", "/terms/sharing")]
    [InlineData("""{"preset":"mssp-enhanced","threshold":{"sharing":"excess-only","belowMinimum":{"factor":0.5}}}""", "/terms/threshold/belowMinimum")]
    [InlineData("""{"preset":"mssp-enhanced","limits":{"cap":0.2,"floor":0.1}}""", "/terms/limits/floor")]
    [InlineData("""{"preset":"nosuch"}""", "/terms/preset")]
    public async Task Meaningless_terms_are_refused_with_the_clause(string terms, string pointer)
    {
        var refused = await app.ClientFor("demo-council").PostAsync(Replay,
            Pack(terms, """{"benchmark":100,"actual":90,"persons":10000,"qualityStandard":"met"}"""), 400);
        refused.GetProperty("code").GetString().ShouldBe("meaningless-terms");
        refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).ShouldContain(pointer);
    }

    [Fact]
    public async Task Ten_thousand_corridors_are_refused_and_so_are_shares_that_are_no_numbers_or_do_not_sum_to_one()
    {
        var council = app.ClientFor("demo-council");
        var corridors = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $$"""{"from":{{i}},"to":{{i + 1}},"gain":0,"loss":0}"""));
        var refused = await council.PostAsync(Replay,
            Pack($$"""{"preset":"corridor","corridors":[{{corridors}}]}""", """{"benchmark":100,"actual":90,"persons":10000}"""), 400);
        refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("detail").GetString()).ShouldContain("At most 50.");
        refused.GetProperty("errors").GetArrayLength().ShouldBeLessThanOrEqualTo(200);
        (await council.PostAsync(Replay, Pack("""{"preset":"mssp-enhanced","shares":[{"party":"ACO","gain":"half","loss":1}]}""", "{}"),
            400)).GetProperty("code").GetString().ShouldBe("malformed-json");
        var sums = await council.PostAsync(Replay, Pack("""{"preset":"mssp-enhanced","shares":[{"party":"ACO","gain":0.7,"loss":1.0}]}""", "{}"), 400);
        sums.GetProperty("errors").EnumerateArray().Single(e =>
            e.GetProperty("pointer").GetString() == "/terms/shares").GetProperty("detail").GetString()!.ShouldContain("sum to 1");
    }

    [Fact]
    public async Task Inputs_that_are_missing_or_have_no_use_are_named()
    {
        var refused = await app.ClientFor("demo-council").PostAsync(Replay,
            Pack("""{"preset":"mssp-basic-e"}""", """{"benchmark":100,"needRatio":1.1,"year":2}"""), 400);
        refused.GetProperty("code").GetString().ShouldBe("inputs-unfit");
        var pointers = refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).ToList();
        foreach (var pointer in new[] { "/inputs/actual", "/inputs/persons", "/inputs/revenue", "/inputs/qualityStandard", "/inputs/qualifiesBelowMinimum",
            "/inputs/needRatio", "/inputs/year" })
            pointers.ShouldContain(pointer);
        // A loss whose rate follows from quality needs the score; a gain by the standard does not.
        var loss = await app.ClientFor("demo-council").PostAsync(Replay,
            Pack("""{"preset":"mssp-enhanced"}""", """{"benchmark":100000,"actual":110000,"persons":10000,"qualityStandard":"met"}"""), 400);
        loss.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/inputs/quality");
    }

    [Theory]
    [InlineData("""{"code":"disaster","amount":5}""", "/inputs/adjustments/0/amount", "/inputs/adjustments/0/personsAffected",
        "/inputs/adjustments/0/monthsAffected")]
    [InlineData("""{"code":"disaster","personsAffected":1.1,"monthsAffected":13}""", "/inputs/adjustments/0/personsAffected",
        "/inputs/adjustments/0/monthsAffected")]
    [InlineData("""{"code":"disaster","personsAffected":-0.1,"monthsAffected":-1}""", "/inputs/adjustments/0/personsAffected",
        "/inputs/adjustments/0/monthsAffected")]
    [InlineData("""{"code":"disaster","personsAffected":0.5}""", "/inputs/adjustments/0/monthsAffected")]
    public async Task What_was_affected_is_stated_in_full_and_within_the_period(string adjustment, params string[] pointers)
    {
        const string Terms = """{"preset":"mssp-enhanced","adjustments":[{"code":"disaster","appliesTo":"loss","kind":"affected"}]}""";
        var inputs = """{"benchmark":100000,"actual":110000,"persons":10000,"qualityStandard":"met","quality":[{"metric":"quality","score":0.9}]"""
            + ""","adjustments":[ADJUSTMENT]}""".Replace("ADJUSTMENT", adjustment, StringComparison.Ordinal);
        var refused = await app.ClientFor("demo-council").PostAsync(Replay, Pack(Terms, inputs), 400);
        refused.GetProperty("code").GetString().ShouldBe("inputs-unfit");
        refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()!).ShouldBe(pointers);
        // By amount, the other members have no use.
        var amount = await app.ClientFor("demo-council").PostAsync(Replay,
            Pack("""{"preset":"mssp-enhanced"}""", inputs.Replace(adjustment, """{"code":"disaster","monthsAffected":5}""", StringComparison.Ordinal)), 400);
        amount.GetProperty("errors").EnumerateArray()
            .Select(e => e.GetProperty("pointer").GetString()!).ShouldBe(["/inputs/adjustments/0/amount", "/inputs/adjustments/0/monthsAffected"]);
        (await app.ClientFor("demo-council").PostAsync(Replay,
            Pack("""{"preset":"mssp-enhanced","adjustments":[{"code":"disaster","kind":"all"}]}""", inputs), 400))
            .GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).ShouldContain("/terms/adjustments/0/kind");
    }

    private static string Pack(string terms, string inputs)
    {
        var merged = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(terms)!;
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>("""{"payer":"PAY","fund":"MSSP","system":"US","shares":"""
            + """[{"party":"ACO","gain":1,"loss":1}]}""")!)
            merged.TryAdd(name, value);
        return $$"""{"terms":{{JsonSerializer.Serialize(merged)}},"period":"2024","inputs":{{inputs}}}""";
    }
}
