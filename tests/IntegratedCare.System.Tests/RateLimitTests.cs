using IntegratedCare.Testing;

namespace IntegratedCare.System.Tests;

public sealed class RateLimitTests(RateLimitTests.LimitedApp app) : IClassFixture<RateLimitTests.LimitedApp>
{
    private const int Most = 5;

    [Fact]
    public async Task Given_a_client_past_its_limit_it_waits_for_the_next_window_and_others_do_not()
    {
        // The beginning of a window, so that the test fits into it.
        var now = app.Clock.GetUtcNow();
        app.Clock.SetTo(now.AddTicks(-(now.UtcTicks % TimeSpan.TicksPerMinute)));
        using var eager = app.ClientFor("demo-acute-trust");
        using var other = app.ClientFor("demo-council");
        var path = new Uri("/v1/contracts/agreements", UriKind.Relative);
        for (var i = 1; i <= Most; i++)
        {
            using var answer = await eager.GetAsync(path);
            ((int)answer.StatusCode).ShouldBe(200);
            answer.Headers.GetValues("RateLimit-Limit").ShouldBe([$"{Most}"]);
            answer.Headers.GetValues("RateLimit-Remaining").ShouldBe([$"{Most - i}"]);
        }

        using (var refused = await eager.GetAsync(path))
        {
            await ProblemTests.ShouldBeProblemAsync(refused, 429, "too-many-requests");
            refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
            refused.Headers.GetValues("RateLimit-Remaining").ShouldBe(["0"]);
        }

        await other.GetAsync("/v1/contracts/agreements", 200);
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await eager.GetAsync("/v1/contracts/agreements", 200);
    }

    public sealed class LimitedApp : TestApp
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings =>
        [
            new("RateLimits:Requests", $"{Most}"),
            new("RateLimits:Window", "00:01:00"),
        ];
    }
}
