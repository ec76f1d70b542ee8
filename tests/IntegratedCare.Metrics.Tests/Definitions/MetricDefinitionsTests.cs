using IntegratedCare.Metrics.Definitions;

namespace IntegratedCare.Metrics.Tests.Definitions;

public sealed class MetricDefinitionsTests
{
    [Fact]
    public void Definitions_are_complete()
    {
        MetricDefinitions.Ids.ShouldBe(["total_bed_days", "emergency_admissions", "acs_admissions", "anticipatory_plans"]);
        foreach (var d in MetricDefinitions.All)
        {
            d.Version.ShouldBeGreaterThan(0);
            d.Disclosure.ShouldBeTrue();
            d.Numerator.Steps.ShouldNotBeEmpty();
            new[] { d.Title, d.Owner, d.Rationale, d.Unit, d.MethodNote, d.Source }.ShouldAllBe(t => t.Length > 0);
        }
    }
}
