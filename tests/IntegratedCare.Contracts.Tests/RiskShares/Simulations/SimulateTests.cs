using System.Net.Http.Headers;
using System.Text;
using IntegratedCare.Testing;

namespace IntegratedCare.Contracts.Tests.RiskShares.Simulations;

public class SimulateTests(TestApp app) : IClassFixture<TestApp>
{
    private const string Body = """
        {"pack":{"terms":{"preset":"mssp-track-1","payer":"PAY","fund":"F","system":"S","shares":[{"party":"ACO","gain":1,"loss":1}]},
        "period":"2024","inputs":{"benchmark":100000000,"persons":5000,"quality":[{"metric":"quality","score":1}]}},"draws":2000,"seed":7,
        "scenarios":[{"name":"saves-5","effect":-0.05}]}
        """;

    [Fact]
    public async Task Terms_are_tried_on_chance_repeatably_and_drawn()
    {
        var council = app.ClientFor("demo-council");
        var result = await council.PostAsync("/v1/contracts/simulations", Body, 200);
        result.GetProperty("scenarios")[0].GetProperty("chanceOfGain").GetDecimal().ShouldBeInRange(0.07m, 0.13m);
        (await council.PostAsync("/v1/contracts/simulations", Body, 200)).GetRawText().ShouldBe(result.GetRawText());

        using var request = new HttpRequestMessage(HttpMethod.Post,
            "/v1/contracts/simulations")
        { Content = new StringContent(Body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("image/svg+xml"));
        using var picture = await council.SendAsync(request);
        picture.Content.Headers.ContentType!.MediaType.ShouldBe("image/svg+xml");
        (await picture.Content.ReadAsStringAsync()).ShouldStartWith("<svg");
    }

    /// <summary>A simulation takes a processor for seconds: a client runs one at a time, a few wait, and the others are told when to come back.</summary>
    [Fact]
    public async Task Of_many_simulations_at_once_some_wait_and_the_others_come_back()
    {
        using var council = app.ClientFor("demo-council");
        var large = Body.Replace("\"draws\":2000", "\"draws\":50000", StringComparison.Ordinal);
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            using var content = new StringContent(large, Encoding.UTF8, "application/json");
            using var answer = await council.PostAsync(new Uri("/v1/contracts/simulations", UriKind.Relative), content);
            return ((int)answer.StatusCode, answer.Headers.RetryAfter is not null);
        }));
        answers.ShouldContain((200, false));
        answers.ShouldContain((429, true));
        answers.Except([(200, false), (429, true)]).ShouldBeEmpty();
        await council.PostAsync("/v1/contracts/simulations", Body, 200);
    }

    [Theory]
    // Quality is not stated, in the pack or in one scenario, and a loss turns on it. Where nothing changes about half of the draws are losses; 20 % more are.
    [InlineData("", """{"name":"as-it-is","effect":0}""", "/pack/inputs/quality")]
    [InlineData(""","quality":[{"metric":"quality","score":0.9}]""",
        """{"name":"dearer","effect":0.2,"inputs":{"benchmark":100000000,"persons":5000,"qualityStandard":"met"}}""", "/scenarios/0/inputs/quality")]
    public async Task A_score_that_a_loss_needs_and_lacks_is_pointed_to_where_it_belongs(string quality, string scenario, string pointer)
    {
        var body = $$"""
            {"pack":{"terms":{"preset":"mssp-enhanced","payer":"PAY","fund":"F","system":"S","shares":[{"party":"ACO","gain":1,"loss":1}]},
            "period":"2024","inputs":{"benchmark":100000000,"persons":5000,"qualityStandard":"met"{{quality}} } },"draws":100,"scenarios":[{{scenario}}] }
            """;
        var refused = await app.ClientFor("demo-council").PostAsync("/v1/contracts/simulations", body, 400);
        refused.GetProperty("code").GetString().ShouldBe("inputs-unfit");
        refused.GetProperty("errors").EnumerateArray().ShouldHaveSingleItem().GetProperty("pointer").GetString().ShouldBe(pointer);
    }

    [Fact]
    public async Task Too_many_draws_and_missing_packs_are_refused()
    {
        var council = app.ClientFor("demo-council");
        (await council.PostAsync("/v1/contracts/simulations", new { draws = 10_000_000 }, 400)).GetProperty("errors").GetArrayLength().ShouldBe(2);
        await council.PostAsync($"/v1/contracts/risk-shares/{Guid.CreateVersion7()}/simulations", new { draws = 1000 }, 404);
    }
}
