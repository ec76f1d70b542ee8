using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Shared.Tests.Outbox;

/// <summary>Commits are gathered before they are delivered, unless somebody waits for one.</summary>
public sealed class OutboxSignalTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private readonly OutboxSignal _signal = new();

    [Fact]
    public async Task A_hurry_ends_the_gathering_of_its_schema_only()
    {
        var (mine, other) = (_signal.Subscribe("population"), _signal.Subscribe("contracts"));
        var gathering = mine.HurriedAsync(Long, TestContext.Current.CancellationToken);
        var others = other.HurriedAsync(Long, TestContext.Current.CancellationToken);
        _signal.Raise("population");
        gathering.IsCompleted.ShouldBeFalse();
        _signal.Hurry("population");
        await gathering;
        others.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_signal_is_kept_until_it_is_waited_for_and_many_are_one()
    {
        var waiter = _signal.Subscribe("population");
        _signal.Raise("population");
        _signal.Raise("population");
        (await waiter.WaitAsync(Long, TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await waiter.WaitAsync(TimeSpan.Zero, TestContext.Current.CancellationToken)).ShouldBeFalse();
    }
}
