using IntegratedCare.Population.Intake;

namespace IntegratedCare.Population.Tests.Intake;

public class SlowedTests
{
    /// <summary>Nothing while applying keeps up; then 40 ms for each second more; never so much that nothing is taken.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3000, 0)]
    [InlineData(3500, 20)]
    [InlineData(5000, 80)]
    [InlineData(3_600_000, 500)]
    public void Acknowledgements_slow_by_the_age_of_what_waits(int waiting, int slowed) =>
        EventInbound.Slowed(TimeSpan.FromMilliseconds(waiting)).ShouldBe(TimeSpan.FromMilliseconds(slowed));
}
