using System.Text.Json;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.Payments.Engine;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Tests.Payments.Engine;

/// <summary>Payments worked by hand, and terms and inputs that are refused. The NHS's own examples are met over HTTP.</summary>
public class PaymentEngineTests
{
    [Fact]
    public void Twelve_instalments_of_a_year_add_up_to_it_to_the_penny()
    {
        var terms = new PaymentDraft(Form: PaymentForms.Block, Fixed: new(100_000_000));
        var months = Enumerable.Range(0, 12).Select(i => Due(Pay(terms, $"{(i < 9 ? 2026 : 2027)}-{(i + 3) % 12 + 1:00}"))).ToList();
        months[0].ShouldBe(8_333_333.33m);
        months[1].ShouldBe(8_333_333.34m);
        months.Sum().ShouldBe(100_000_000);
        new[] { "2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1" }.Sum(q => Due(Pay(terms, q))).ShouldBe(100_000_000);
        Due(Pay(terms, "2026/27")).ShouldBe(100_000_000);
    }

    [Fact]
    public void The_payer_pays_what_the_provider_receives_and_what_was_paid_on_account_is_taken_off()
    {
        var terms = new PaymentDraft(Form: PaymentForms.Block, Fixed: new(1200));
        var statement = Pay(terms, "2026-Q2", new(OnAccount: [new("2026-05", 2, 100), new("2026-04", 1, 90.5m)]));
        Line(statement, "payment").ShouldBe(300);
        Line(statement, "on-account").ShouldBe(190.5m);
        statement.Transfers.Select(t => (t.Party, t.Amount)).ShouldBe([("99A", -109.5m), ("RZ1", 109.5m)]);
        Refused(() => Pay(terms, "2026-04", new(OnAccount: [new("2026-Q2", 1, 1)]))).ShouldBe(["/inputs/onAccount/0/period"]);
    }

    [Fact]
    public void Within_the_tolerance_the_full_price_is_paid_and_the_marginal_rate_beyond_it()
    {
        PaymentDraft Terms(bool inFixed) =>
            new(Form: inFixed ? PaymentForms.Blended : PaymentForms.ActivityAtPrice, Fixed: inFixed ? new(1_000_000) : null, Prices: [new("NEL", 1000)],
            Activity: [new("emergency", ["NEL"], new("value", inFixed, 1_000_000, Tolerance: 0.02m, RateAbove: 0.3m, RateBelow: 0.5m))]);
        // Baseline 1,000,000; full price to 1,020,000; 30 % of the 80,000 beyond.
        Due(Pay(Terms(false), "2026/27", Activity("NEL", 1100))).ShouldBe(1_044_000);
        Due(Pay(Terms(false), "2026/27", Activity("NEL", 1010))).ShouldBe(1_010_000);
        // Down to 980,000 what was done; half of the 80,000 below that is taken off.
        Due(Pay(Terms(false), "2026/27", Activity("NEL", 900))).ShouldBe(940_000);
        // In the fixed part: nothing within the tolerance.
        Due(Pay(Terms(true), "2026/27", Activity("NEL", 1100))).ShouldBe(1_024_000);
        Due(Pay(Terms(true), "2026/27", Activity("NEL", 1010))).ShouldBe(1_000_000);
        Due(Pay(Terms(true), "2026/27", Activity("NEL", 900))).ShouldBe(960_000);
    }

    [Fact]
    public void Break_glass_is_raised_beyond_the_agreed_share_and_changes_no_payment()
    {
        PaymentDraft Terms(decimal? glass) => new(Preset: "blended-2019-20", Fixed: new(40_000_000), Prices: [new("NEL", 2000)],
            Activity: [new("emergency", ["NEL"], new("activity", Expected: [new("NEL", 20_000)], BreakGlass: glass))]);
        var above = Pay(Terms(0.05m), "2026/27", Activity("NEL", 21_000.5m));
        above.Warnings.Single().Raised.ShouldBeTrue();
        above.Warnings.Single().Message.ShouldContain("2001000.00");
        Due(above).ShouldBe(Due(Pay(Terms(null), "2026/27", Activity("NEL", 21_000.5m))));
        Pay(Terms(0.05m), "2026/27", Activity("NEL", 21_000)).Warnings.Single().Raised.ShouldBeFalse();
        Pay(Terms(0.05m), "2026/27", Activity("NEL", 18_999)).Warnings.Single().Raised.ShouldBeTrue();
    }

    [Fact]
    public void Carr_Hill_weights_a_list_by_age_and_sex_need_and_loadings()
    {
        var groups = new Dictionary<string, decimal>
        {
            ["male-0-4"] = 100,
            ["male-15-44"] = 500,
            ["male-75-84"] = 50,
            ["female-15-44"] = 600,
            ["female-65-74"] = 150,
            ["female-85-and-over"] = 20
        };
        var terms = new PaymentDraft(Preset: "carr-hill-2010-11", Capitation: new(Weighting: new(Mean: 2.3m, Need: new(Mean: 100))));
        var statement = Pay(terms, "2010/11", new(
            Population: [.. NamedWeighting.Find("carr-hill")!.Weights.Select(w => new GroupPersons(w.Group!, groups.GetValueOrDefault(w.Group!)))],
            Need: [new("slli", 110), new("smr-under-65", 120)], Loadings: [new("new-registrant", 142), new("care-home", 71)]));
        // 397 + 510 + 290.5 + 1,314 + 735 + 134.4.
        Line(statement, "weighted-sum").ShouldBe(3380.9m);
        // (48.1198 + 0.26115 x 110 + 0.23676 x 120) / 100.
        Line(statement, "need-index").ShouldBe(1.052575m);
        // A tenth of 1,420 persons at 1.46, a twentieth at 1.43.
        Line(statement, "loading:new-registrant").ShouldBe(1.046m);
        Line(statement, "loading:care-home").ShouldBe(1.0215m);
        Line(statement, "weighted-population").ShouldBe(1653.21m);
        Due(statement).ShouldBe(106_780.83m);
        NamedWeighting.Find("carr-hill")!.Notes.ShouldContain(n => n.Contains("male-75-84") && n.Contains("5.18"));
    }

    [Fact]
    public void The_whole_population_payment_follows_growth_prices_efficiency_and_the_list()
    {
        var terms = new PaymentDraft(Preset: "wpap",
            Capitation: new(BaselineSpend: 100_000_000, Excluded: 4_000_000, BaselinePopulation: 200_000, PriceChange: 0.029m, Efficiency: 0.011m));
        var statement = Pay(terms, "2026-06", new(WeightedPopulation: 203_000, ListMovement: -600));
        Line(statement, "growth").ShouldBe(0.015m);
        Line(statement, "price-factor").ShouldBe(1.018m);
        // 96,000,000 x 1.015 x 1.018.
        Line(statement, "capitation-year").ShouldBe(99_193_920);
        Line(statement, "capitation").ShouldBe(8_266_160);
        // 99,193,920 x -600 / 203,000 / 12.
        Line(statement, "list-movement").ShouldBe(-24_432m);
        Due(statement).ShouldBe(8_241_728);
    }

    [Fact]
    public void Years_of_care_are_persons_at_the_price_of_their_band()
    {
        var terms = new PaymentDraft(Form: PaymentForms.YearOfCare, YearOfCare: [new("high", 6000), new("moderate", 1500.5m)]);
        // 120 x 6,000 / 4 + 301.5 x 1,500.50 / 4.
        Due(Pay(terms, "2026-Q2", new(YearOfCare: [new("moderate", 301.5m), new("high", 120)]))).ShouldBe(180_000 + 113_100.19m);
    }

    [Fact]
    public void Outcomes_earn_their_share_by_minimum_score_or_ladder()
    {
        PaymentDraft Terms(string scoring, decimal? minimum, QualityStepDraft[]? steps, decimal? weight = null) => new(Form: PaymentForms.OutcomeShare,
            Outcomes: [new("elderly", 300_000, null, "added", scoring, minimum,
                [new("eq5d", weight), new("readmission", 1 - weight), new("plans", weight is null ? null : 0)], steps)]);
        PaymentInputs Scores(decimal a, decimal b, decimal d) =>
            new(Outcomes: [new("elderly", "eq5d", a), new("elderly", "readmission", b), new("elderly", "plans", d)]);
        Due(Pay(Terms("binary", 0.8m, null), "2026/27", Scores(0.8m, 0.79m, 1))).ShouldBe(200_000);
        Due(Pay(Terms("proportional", 0.5m, null), "2026/27", Scores(0.6m, 0.4m, 1))).ShouldBe(160_000);
        Due(Pay(Terms("ladder", null, [new(0.9m, 1), new(0.5m, 0.4m)]), "2026/27", Scores(0.6m, 0.4m, 0.95m))).ShouldBe(140_000);
        Due(Pay(Terms("proportional", null, null, 0.25m), "2026/27", Scores(1, 0.5m, 0))).ShouldBe(187_500);
        // All met is all earned, though a third of it is no whole penny.
        Due(Pay(Terms("proportional", null, null), "2026-04", Scores(1, 1, 1))).ShouldBe(25_000);
    }

    [Fact]
    public void Meaningless_terms_are_refused_with_every_reason()
    {
        var terms = new PaymentDraft(
            Form: "blended", Preset: null, Currency: "XXX", Payer: "RZ1", Provider: "RZ1",
            Prices: [new("NEL", 0), new("NEL", 5), new("AE", 100.001m)],
            Activity:
            [
                new("a", ["NEL", "OP"], new("value", true, null, [], RateAbove: -0.1m, RateBelow: 3)), new("a", ["NEL"], null), null,
                new("b", [], new("activity", null, 5, [new("NEL", 5)], RateAbove: 1, RateBelow: 1)),
            ],
            YearOfCare: [new("high", -1)],
            Outcomes: [new("x", 1, 0.5m, "deducted", "ladder", 0.5m, [new("i", 0.5m), new("j", 0.6m)], [new(0.5m, 0.6m), new(0.7m, 0.5m)])]);
        var pointers = Refused(() => PaymentRules.Complete(terms, Parties));
        foreach (var pointer in new[]
        {
            "/terms/currency", "/terms/payer", "/terms/provider", "/terms/form", "/terms/prices/0/price", "/terms/prices/1/pointOfDelivery",
                "/terms/prices/2/price", "/terms/prices/2",
            "/terms/activity/0/pointsOfDelivery/1", "/terms/activity/0/baseline/inFixed", "/terms/activity/0/baseline/perYear",
            "/terms/activity/0/baseline/expected", "/terms/activity/0/baseline/rateAbove",
            "/terms/activity/0/baseline/rateBelow", "/terms/activity/1/code", "/terms/activity/1/pointsOfDelivery/0", "/terms/activity/2",
            "/terms/activity/3/pointsOfDelivery", "/terms/activity/3/baseline/perYear",
            "/terms/activity/3/baseline/expected/0/pointOfDelivery", "/terms/yearOfCare/0/perYear", "/terms/outcomes/0", "/terms/outcomes/0/rateOfFixed",
            "/terms/outcomes/0/treatment",
            "/terms/outcomes/0/minimum", "/terms/outcomes/0/indicators", "/terms/outcomes/0/steps",
        })
            pointers.ShouldContain(pointer);

        var capitation = new PaymentDraft(Form: "capitation",
            Capitation: new("rate", null, 5, 6, 7, new("carr-hill", [new("male-0-4", 1)], 0, new(), [new("nobody")]), 5, -1), Preset: "nosuch");
        pointers = Refused(() => PaymentRules.Complete(capitation, Parties));
        foreach (var pointer in new[] { "preset", "capitation/ratePerYear", "capitation/baselineSpend", "capitation/excluded", "capitation/baselinePopulation",
            "capitation/weighting/weights", "capitation/weighting/mean",
            "capitation/weighting/need/mean", "capitation/weighting/loadings/0/weight", "capitation/priceChange", "capitation/efficiency" })
            pointers.ShouldContain($"/terms/{pointer}");
        foreach (var form in PaymentForms.All)
            Refused(() => PaymentRules.Complete(new(Form: form), Parties)).ShouldBe(["/terms/form"]);
        Refused(() => PaymentRules.Complete(new(), Parties)).ShouldBe(["/terms/form"]);
    }

    [Fact]
    public void Inputs_that_are_missing_or_of_no_use_are_refused_with_every_reason()
    {
        var terms = new PaymentDraft(Form: "activity-at-price", Prices: [new("NEL", 5), new("AE", 5)], Activity: [new("a", ["NEL", "AE"])],
            Outcomes: [new("x", 1, null, "added", "binary", 0.5m, [new("i"), new("j")])]);
        Refused(() => Pay(terms, "2026-04",
            new([new("NEL", -1, 5), new("NEL", 1), new("OP", 1)], 5, [new("g", 1)], [new("n", 1)], [new("l", 1)], 1, [new("b", 1)],
            [new("x", "i", 1.1m)]))).Order(StringComparer.Ordinal).ShouldBe(
        [
            "/inputs/activity", "/inputs/activity/0/actual", "/inputs/activity/0/expected", "/inputs/activity/1/pointOfDelivery",
            "/inputs/activity/2/pointOfDelivery", "/inputs/listMovement", "/inputs/loadings/0/code",
            "/inputs/need/0/code", "/inputs/outcomes", "/inputs/outcomes/0/score", "/inputs/population/0/group", "/inputs/weightedPopulation",
            "/inputs/yearOfCare/0/band",
        ]);
    }

    [Fact]
    public void Figures_beyond_what_can_be_computed_are_refused()
    {
        var terms = new PaymentDraft(Form: "capitation", Capitation: new("rate", 1_000_000,
            Weighting: new(null, [new("all", 100)], 0.01m, new(100_000, [new("n", 1000)], 0.01m),
                [.. Enumerable.Range(0, 10).Select(i => new LoadingDraft($"l{i}", 10))])));
        var inputs = new PaymentInputs(Population: [new("all", 100_000_000)], Need: [new("n", 100_000)],
            Loadings: [.. Enumerable.Range(0, 10).Select(i => new LoadingPersons($"l{i}", 100_000_000))]);
        Should.Throw<RequestRefused>(() => Pay(terms, "2026/27", inputs)).Type.ShouldBe(ContractsProblems.InputsUnfit);
    }

    [Fact]
    public void Every_preset_says_its_source_and_confidence_and_is_complete_but_for_what_is_agreed()
    {
        foreach (var preset in PaymentPreset.All)
        {
            preset.Source.ShouldNotBeNullOrWhiteSpace();
            preset.Confidence.ShouldBeOneOf("high", "medium", "unverified");
            var draft = new PaymentDraft(Preset: preset.Code,
                Fixed: preset.Form == PaymentForms.Capitation || preset.Form == PaymentForms.ActivityAtPrice ? null : new(1000));
            if (preset.Terms.Activity is { } activity)
            {
                draft = draft with
                {
                    Prices = [new("NEL", 5)],
                    Activity = [.. activity.Select(a =>
                        new ActivityDraft(a!.Code, ["NEL"], a.Baseline?.Kind == ActivityBaseline.Value ? new(PerYear: 1000) : null))],
                };
            }

            if (preset.Terms.Outcomes is { } outcomes)
                draft = draft with { Outcomes = [.. outcomes.Select(o => new OutcomeDraft(o!.Code, Indicators: [new("i")]))] };
            if (preset.Code == "wpap")
                draft = draft with { Capitation = new(BaselineSpend: 1, BaselinePopulation: 1) };
            if (preset.Code == "carr-hill-2010-11")
                draft = draft with { Capitation = new(Weighting: new(Mean: 1, Need: new(Mean: 1))) };
            var terms = PaymentRules.Complete(draft, Parties);
            terms.Preset.ShouldBe(preset.Code);
            terms.Form.ShouldBe(preset.Form);
            var again = PaymentRules.Complete(JsonSerializer.Deserialize<PaymentDraft>(JsonSerializer.Serialize(terms, SharedJson.Storage), SharedJson.Wire)!,
                null);
            CanonicalJson.ToBytes(again).ShouldBe(CanonicalJson.ToBytes(terms));
        }
    }

    internal static readonly TermsRules.Party[] Parties = [new("99A", "commissioner"), new("RZ1", "provider")];

    internal static PaymentStatement Pay(PaymentDraft draft, string period, PaymentInputs? inputs = null)
    {
        var terms = PaymentRules.Complete(draft, Parties);
        return PaymentEngine.Pay(new PaymentPack(null, terms, period, PaymentInputRules.Check(terms, Period.Parse(period)!, inputs)));
    }

    private static PaymentInputs Activity(string point, decimal actual) => new([new(point, actual)]);

    private static decimal Due(PaymentStatement statement) => statement.Transfers.Single(t => t.Party == "RZ1").Amount;

    private static decimal Line(PaymentStatement statement, string code) => statement.Lines.Single(l => l.Code == code).Result;

    private static List<string> Refused(Func<object> act) => [.. Should.Throw<RequestRefused>(act).Errors!.Select(e => e.Pointer)];
}
