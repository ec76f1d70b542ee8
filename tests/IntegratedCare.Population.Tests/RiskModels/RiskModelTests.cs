using IntegratedCare.Population.RiskModels;
using IntegratedCare.Population.Stratifications;

namespace IntegratedCare.Population.Tests.RiskModels;

public sealed class RiskModelTests
{
    private static readonly RiskModel Hfrs = BuiltInRiskModels.All.Single(m => m.Id == "hospital-frailty-risk-score");

    [Fact]
    public void The_published_weights_are_109_and_sum_to_173_2()
    {
        Hfrs.Features.Count.ShouldBe(109);
        Hfrs.Features.Sum(f => f.Points).ShouldBe(173.2m);
    }

    [Fact]
    public void Worked_example_F00_N39_W19_R26_scores_16_1_high_and_repeats_add_nothing()
    {
        Hfrs.Score(["F00", "N39", "W19", "R26"]).Points.ShouldBe(16.1m);
        var score = Hfrs.Score(["F000", "F00", "N390", "N39", "N394", "W19", "R26", "R26X", "I10"]);
        score.Points.ShouldBe(16.1m);
        score.Features.Select(f => f.Code).ShouldBe(["F00", "N39", "R26", "W19"]);
        Hfrs.BandOf(16.1).ShouldBe("high");
    }

    [Theory]
    [InlineData(0, "low")]
    [InlineData(4.9, "low")]
    [InlineData(5, "intermediate")]
    [InlineData(15, "intermediate")]
    [InlineData(15.1, "high")]
    [InlineData(173.2, "high")]
    public void Bands_are_below_5_then_5_to_15_then_above_15(double score, string band) => Hfrs.BandOf(score).ShouldBe(band);

    [Fact]
    public void The_order_and_number_of_codes_never_change_a_score()
    {
        var random = new Random(20_181_775);
        for (var round = 0; round < 200; round++)
        {
            var codes = Enumerable.Range(0, random.Next(0, 30)).Select(_ => Hfrs.Features[random.Next(109)].Code + random.Next(0, 10)).ToArray();
            var expected = codes.Select(c => c[..3]).Distinct().Sum(c => Hfrs.Feature(c).Points);
            for (var again = 0; again < 5; again++)
            {
                var shuffled = codes.Concat(codes.Take(random.Next(codes.Length + 1))).ToArray();
                random.Shuffle(shuffled);
                Hfrs.Score(shuffled).Points.ShouldBe(expected);
            }
        }
    }

    [Fact]
    public void A_code_shorter_than_a_feature_does_not_show_it()
    {
        Hfrs.Score(["F0", "F", ""]).Points.ShouldBe(0);
    }

    [Fact]
    public void No_admission_is_a_zero_but_uncoded_admissions_are_not_scorable()
    {
        Hfrs.WhyNotScorable(age: 80, admissions: 0, admissionsWithDiagnoses: 0, featuresShown: 0).ShouldBeNull();
        Hfrs.WhyNotScorable(80, 2, 0, 0).ShouldBe(NotScorable.DiagnosesNotCoded);
        Hfrs.WhyNotScorable(80, 2, 1, 0).ShouldBeNull();
        Hfrs.WhyNotScorable(17, 2, 1, 1).ShouldBe(NotScorable.BelowAge);
        var needy = Hfrs with { Missing = new MissingInputs(MissingAnswer.NotScorable, MissingAnswer.ScoreZero) };
        needy.WhyNotScorable(80, 0, 0, 0).ShouldBe(NotScorable.NoAdmission);
        needy.WhyNotScorable(80, 1, 0, 0).ShouldBeNull();
    }

    [Theory]
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(100, 1, 2, 5, 20)]
    [InlineData(101, 1, 3, 6, 21)]
    [InlineData(200, 1, 4, 10, 40)]
    [InlineData(201, 2, 5, 11, 41)]
    public void A_tier_holds_its_share_of_the_adults_rounded_up(long adults, long half, long two, long five, long twenty) =>
        Tiers.All.Select(t => t.Size(adults)).ShouldBe([half, two, five, twenty]);

    [Fact]
    public void The_narrowest_tier_names_a_person()
    {
        Tiers.Of(1, 200).ShouldBe("top-0.5");
        Tiers.Of(2, 200).ShouldBe("top-2");
        Tiers.Of(5, 200).ShouldBe("top-5");
        Tiers.Of(40, 200).ShouldBe("top-20");
        Tiers.Of(41, 200).ShouldBeNull();
        Tiers.UpTo("top-2").ShouldBe(["top-0.5", "top-2"]);
    }

    [Fact]
    public void Faulty_models_are_told_where_they_are_wrong()
    {
        RiskModelCheck.Faults(Hfrs).ShouldBeEmpty();
        var faulty = Hfrs with
        {
            Id = "Not kebab",
            Bands = [new RiskBand("low", Below: 5), new RiskBand("lower", UpTo: 3), new RiskBand("rest")],
            Features = [new RiskFeature("I10", 1, "Hypertension"), new RiskFeature("I10", 1, "Again"), new RiskFeature("i11", 0, "")],
        };
        RiskModelCheck.Faults(faulty).Select(f => f.Pointer).ShouldBe(
            ["/id", "/features/1/code", "/features/2/code", "/features/2/points", "/features/2/description", "/bands/1"]);
    }
}
