using System.Diagnostics;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Shared.Tests.Outbox;

/// <summary>Reactions that keep up leave capacity for requests; those behind do not rest.</summary>
public sealed class PaceTests
{
    [Theory]
    [InlineData(1, 1, 0, 20)]
    [InlineData(1, 40, 0, 120)]
    [InlineData(4, 10, 2999, 150)]
    [InlineData(4, 100, 2999, 800)]
    [InlineData(4, 100, 3000, 0)]
    public void Rests_longer_the_more_reactions_have_something_to_do(int working, int worked, int age, int rest)
    {
        var pace = new Pace();
        var workers = Enumerable.Range(0, working).Select(_ => pace.Join()).ToList();
        foreach (var worker in workers)
        {
            worker.Start();
            worker.Start();
        }

        pace.Rest(TimeSpan.FromMilliseconds(worked), TimeSpan.FromMilliseconds(age)).ShouldBe(TimeSpan.FromMilliseconds(rest));
        foreach (var worker in workers.Skip(1))
            worker.Stop();
        workers[0].Dispose();
        pace.Rest(TimeSpan.FromMilliseconds(20), null).ShouldBe(TimeSpan.FromMilliseconds(60));
    }

    [Fact]
    public async Task Half_of_the_processors_are_left_to_requests()
    {
        var pace = new Pace(TimeSpan.FromMinutes(1));
        var turns = await AllAsync(pace);
        var next = pace.TurnAsync(CancellationToken.None);
        next.IsCompleted.ShouldBeFalse();
        turns[0].Dispose();
        turns[0].Dispose();
        using var taken = await next;
        pace.TurnAsync(CancellationToken.None).IsCompleted.ShouldBeFalse("what is given back twice is given back once");
    }

    [Fact]
    public async Task Who_finds_no_turn_in_time_goes_without()
    {
        var pace = new Pace(TimeSpan.FromSeconds(1));
        var waited = Stopwatch.StartNew();
        var turns = await AllAsync(pace);
        (await pace.TurnAsync(CancellationToken.None)).Dispose();
        waited.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(900));

        // What was not taken is not given back: as many can be taken as at first, and no more.
        turns.ForEach(t => t.Dispose());
        await AllAsync(pace);
        pace.TurnAsync(CancellationToken.None).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_turn_that_is_kept_too_long_is_given_back_by_itself()
    {
        var pace = new Pace(TimeSpan.FromSeconds(3));
        var turns = await AllAsync(pace);
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        // It waits at most three seconds, of which the turns last half: one that found none would have waited all of them.
        var waited = Stopwatch.StartNew();
        using var turn = await pace.TurnAsync(CancellationToken.None);
        waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2.9));
        turns.ForEach(t => t.Dispose());
    }

    private static async Task<List<Pace.Turn>> AllAsync(Pace pace)
    {
        var turns = new List<Pace.Turn>();
        for (var n = 0; n < Math.Max(1, Environment.ProcessorCount / 2); n++)
            turns.Add(await pace.TurnAsync(CancellationToken.None));
        return turns;
    }
}
