using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Shared.Tests.Outbox;

/// <summary>Reactions that keep up leave capacity for requests; those behind do not rest.</summary>
public sealed class PaceTests
{
    [Theory]
    [InlineData(1, 1, 0, 20)]
    [InlineData(1, 40, 0, 120)]
    [InlineData(4, 10, 1999, 150)]
    [InlineData(4, 100, 1999, 800)]
    [InlineData(4, 100, 2000, 0)]
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
}
