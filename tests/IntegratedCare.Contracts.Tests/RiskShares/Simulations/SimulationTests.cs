using System.Xml.Linq;
using IntegratedCare.Contracts.RiskShares.Simulations;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Contracts.Tests.Settlements.Engine;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Tests.RiskShares.Simulations;

public class SimulationTests
{
    [Theory]
    // 1 - normal(MSR / (2.15 / sqrt(n))): MSR 3.9, 2.2 and 2.0 % from 42 CFR 425.604(b).
    [InlineData(5_000, 0.0998), InlineData(50_000, 0.01107), InlineData(500_000, 0.0)]
    public void A_one_sided_scheme_with_no_real_effect_pays_out_as_often_as_the_normal_distribution_says(int persons, double exact)
    {
        var sigma = 2.15 / Math.Sqrt(persons);
        var rate = persons switch { 5_000 => 0.039, 50_000 => 0.022, _ => 0.02 };
        (1 - Evaluator.Normal(rate / sigma)).ShouldBe(exact, 0.0002);

        const int draws = 20_000;
        var result = Simulation.Run(Draft(persons, draws));
        // Within four standard errors of the share of draws.
        ((double)result.Scenarios[0].ChanceOfGain).ShouldBe(exact, 4 * Math.Sqrt(Math.Max(exact, 1e-7) * (1 - exact) / draws));
        result.Scenarios[0].ChanceOfLoss.ShouldBe(0);
        ((double)result.StandardDeviation).ShouldBe(sigma, 1e-6);
        // A quarter has a fourth of the person-years.
        var year = Draft(persons, 100);
        ((double)Simulation.Run(year with { Pack = year.Pack! with { Period = "2024-Q3" } }).StandardDeviation).ShouldBe(sigma * 2, 1e-6);
    }

    [Fact]
    public void The_same_seed_gives_the_same_answer_and_another_seed_another()
    {
        var one = CanonicalJson.ToBytes(Simulation.Run(Draft(5_000, 2_000)));
        CanonicalJson.ToBytes(Simulation.Run(Draft(5_000, 2_000))).ShouldBe(one);
        // The draws themselves differ, not only the seed that the answer repeats.
        var other = Simulation.Run(Draft(5_000, 2_000) with { Seed = 8 });
        CanonicalJson.ToBytes(other.Scenarios).ShouldNotBe(CanonicalJson.ToBytes(Simulation.Run(Draft(5_000, 2_000)).Scenarios));
        AggregateDraws.Of(7, 100, AggregateDraws.Normal, 0.01).Intersect(AggregateDraws.Of(8, 100, AggregateDraws.Normal, 0.01)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(AggregateDraws.Normal), InlineData(AggregateDraws.Gamma)]
    public void Drawn_factors_have_mean_one_and_the_deviation_asked_for(string distribution)
    {
        foreach (var deviation in new[] { 0.01, 0.03, 0.5 })
        {
            var factors = AggregateDraws.Of(3, 100_000, distribution, deviation);
            var mean = factors.Average();
            mean.ShouldBe(1, 5 * deviation / Math.Sqrt(factors.Length));
            Math.Sqrt(factors.Average(f => (f - mean) * (f - mean))).ShouldBe(deviation, deviation * 0.02);
        }

        // A gamma is skewed by twice its coefficient of variation, a normal not at all.
        var drawn = AggregateDraws.Of(4, 100_000, distribution, 0.5);
        drawn.Average(f => Math.Pow((f - 1) / 0.5, 3)).ShouldBe(distribution == AggregateDraws.Gamma ? 1.0 : 0.0, 0.1);
    }

    [Fact]
    public void A_real_effect_pays_out_more_often_and_a_loss_beyond_the_floor_is_counted()
    {
        var draft = Draft(5_000, 2_000, """{"preset":"mssp-enhanced"}""") with
        {
            Scenarios = [new("saves-5", -0.05m), new("costs-70-more", 0.7m)],
        };
        draft = draft with { Pack = draft.Pack! with { Inputs = draft.Pack.Inputs! with { QualityStandard = "met", Quality = [new("quality", 0.9m)] } } };
        var result = Simulation.Run(draft);
        var (nothing, saves, costs) = (result.Scenarios[0], result.Scenarios[1], result.Scenarios[2]);
        saves.ChanceOfGain.ShouldBeGreaterThan(nothing.ChanceOfGain);
        // A loss of 70 % at 40 % is 28 % of the benchmark, far beyond the floor of 15 %.
        costs.ChanceBeyondFloor.ShouldBe(1);
        costs.Parties.Single(p => p.Party == "ACO").Median.ShouldBe(-15_000_000);
        nothing.Bins.Sum(b => b.Draws).ShouldBe(2_000);
        nothing.Parties.Single(p => p.Party == "ACO").Mean.ShouldBe(-nothing.Parties.Single(p => p.Party == "PAY").Mean);
    }

    [Fact]
    public void The_picture_is_well_formed_and_says_in_words_what_it_shows()
    {
        var picture = XDocument.Parse(SimulationPicture.Of(Simulation.Run(Draft(5_000, 500) with { Scenarios = [new("saves-5", -0.05m)] })));
        XNamespace svg = "http://www.w3.org/2000/svg";
        picture.Root!.Element(svg + "title")!.Value.ShouldNotBeEmpty();
        picture.Root.Element(svg + "desc")!.Value.ShouldContain("no-real-effect");
        picture.Root.Element(svg + "desc")!.Value.ShouldContain("saves-5");
    }

    [Fact]
    public void Requests_that_make_no_sense_are_refused()
    {
        Should.Throw<RequestRefused>(() => Simulation.Run(new SimulationDraft()));
        Should.Throw<RequestRefused>(() => Simulation.Run(Draft(5_000, 1_000_000)));
        Should.Throw<RequestRefused>(() => Simulation.Run(Draft(5_000, 1_000) with { Scenarios = [new("x", -3)] }));
        Should.Throw<RequestRefused>(() => Simulation.Run(Draft(5_000, 1_000) with { Distribution = "cauchy" }));
        // Each by itself is allowed; together they would keep a core busy for long.
        Should.Throw<RequestRefused>(() =>
            Simulation.Run(Draft(5_000, Simulation.MaxDraws) with { Scenarios = [.. Enumerable.Range(0, 10).Select(i => new ScenarioDraft($"s{i}", 0))] }))
            .Errors!.Single().Pointer.ShouldBe("/draws");
    }

    private static SimulationDraft Draft(int persons, int draws, string terms = """{"preset":"mssp-track-1"}""")
    {
        var draft = PackJson.Read<PackDraft>(System.Text.Encoding.UTF8.GetBytes($$$"""{"terms":{{{terms}}},"period":"2024","inputs":{"benchmark":100000000"""
            + $$$""","persons":{{{persons}}}}}"""));
        return new SimulationDraft(draft with
        {
            Terms = draft.Terms! with { Payer = "PAY", Fund = "F", System = "S", Shares = [new("ACO", 1, 1)] },
            Inputs = draft.Inputs! with { Quality = draft.Terms.Preset == "mssp-track-1" ? [new("quality", 1)] : null },
        }, draws, 7);
    }
}
