using System.Globalization;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Payments.Engine;

/// <summary>
/// Computes a payment's statement from terms and inputs, with the same bytes on every machine. Each part of the terms adds its lines and
/// gives one amount; the payment is their sum, less payments on account. Each line prints the arithmetic of its result; see
/// <see cref="Figure"/> for the functions. Money is rounded to the penny, half away from
/// zero; activity and persons have 2 places, rates and money per head 6.
/// </summary>
internal static partial class PaymentEngine
{
    public const string Schema = "integrated-care/payment-statement/2";
    private const int Penny = 2;

    /// <summary>The pack must have passed <see cref="PaymentRules"/> and <see cref="PaymentInputRules"/>.</summary>
    public static PaymentStatement Pay(PaymentPack pack)
    {
        try
        {
            return Calculate(pack);
        }
        catch (OverflowException)
        {
            // Each number is within its range, but not their product.
            throw new RequestRefused(ContractsProblems.InputsUnfit, "Terms and inputs together give figures beyond 28 digits.");
        }
    }

    private static PaymentStatement Calculate(PaymentPack pack)
    {
        var (terms, inputs) = (pack.Terms.Normalised(), pack.Inputs.Normalised());
        var period = Period.Parse(pack.Period) ?? throw new ArgumentException("Not a period.");
        var c = new Calculation(terms, inputs, period, new LineList(terms.Currency, Penny));

        var parts = new List<Figure>();
        if (terms.Fixed is { } fixedPart)
        {
            parts.Add(c.Lines.Money("fixed", "Fixed part", "The amount of the year, in twelfths by the months of the period.",
                c.Instalment(Figure.Named("terms.fixed.perYear", fixedPart.PerYear, Penny))));
        }

        Figure? movement = null;
        if (terms.Capitation is { } capitation)
            parts.Add(Capitation(c, capitation, out movement));
        // Outcome rates apply to these two; a list movement is added after.
        var element = parts.Count == 0 ? null : Figure.Sum(parts);
        if (movement is not null)
            parts.Add(movement);
        foreach (var part in terms.Activity)
            parts.Add(Activity(c, part));
        if (terms.YearOfCare.Count > 0)
            parts.Add(YearOfCare(c));
        foreach (var outcome in terms.Outcomes)
            parts.Add(Outcome(c, outcome, element));

        var payment = c.Lines.Money("payment", "Payment", "All parts of the terms together; negative: the provider pays back.",
            parts.Count == 0 ? Figure.Zero(Penny) : Figure.Sum(parts));
        var due = payment;
        if (inputs.OnAccount is { Count: > 0 } paid)
        {
            var before = c.Lines.Money("on-account", "Paid on account", "What was paid for parts of the period.",
                Figure.Sum(paid.Select(p => Figure.Named($"inputs.onAccount.{(p.Terms is { } terms ? $"{terms}." : "")}{p.Period}", p.Amount, Penny))));
            due = c.Lines.Money("payment-due", "Payment due", "The payment less what was paid on account.", payment - before);
        }

        var transfers = new[]
        {
            Transfer(terms.Payer, $"Transfer of {terms.Payer}", "The payer pays what the provider receives.", -due),
            Transfer(terms.Provider, $"Transfer of {terms.Provider}", "The provider receives the payment; negative: it pays.", due),
        };
        return new PaymentStatement(Schema, pack.PaymentTerms, pack.Period, terms.Currency, terms, inputs, c.Lines.All,
            [.. transfers.OrderBy(t => t.Party, StringComparer.Ordinal)], c.Warnings);

        StatementTransfer Transfer(string party, string title, string rule, Figure amount) =>
            new(party, c.Lines.Money($"transfer:{party}", title, rule, amount).Value, c.Lines.All.Count);
    }

    private sealed record Calculation(PaymentTerms Terms, PaymentInputs Inputs, Period Period, LineList Lines)
    {
        public List<StatementWarning> Warnings { get; } = [];

        /// <summary>A rate of the terms.</summary>
        public Figure Rate(string name, decimal value) => Figure.Named($"terms.{name}", value, 6);

        /// <summary>
        /// The part of a year's amount for the months of the period: the twelfths up to its end, to the penny, less those before it. So the
        /// instalments of a financial year add up to the year, whatever periods it is paid in.
        /// </summary>
        public Figure Instalment(Figure perYear)
        {
            if (Period.Length == 12)
                return perYear;
            var before = (Period.First.Month + 8) % 12;
            var until = UpTo(before + Period.Length);
            return before == 0 ? until : until - UpTo(before);

            Figure UpTo(int months) => months == 12 ? perYear : Figure.Round(perYear * months / 12, Penny);
        }

        /// <summary>A year's figure for the months of the period, not rounded.</summary>
        public Figure OfYear(Figure perYear) => Period.Length == 12 ? perYear : perYear * Period.Length / 12;
    }

    /// <summary>
    /// Activity x price; with a baseline, baseline + rate x the difference from it, or the difference alone where the fixed part
    /// pays for the baseline. Blended payment 2019/20: fixed + 0.2 x (actual - expected) x price. Marginal rate emergency
    /// tariff: baseline + 0.3 x (value - baseline).
    /// </summary>
    private static Figure Activity(Calculation c, ActivityPart part)
    {
        var values = part.PointsOfDelivery.Select(point =>
        {
            var actual = Figure.Named($"inputs.activity.{point}.actual", c.Inputs.Activity!.First(a => a.PointOfDelivery == point).Actual, 2);
            return c.Lines.Money($"value:{point}", $"Value of {point}", "Actual activity at price.", actual * Price(c, point));
        }).ToList();
        if (part.Baseline is not { } baseline)
            return c.Lines.Money($"activity:{part.Code}", $"Activity of {part.Code}", "All of its points of delivery, at full price.", Figure.Sum(values));

        var value = c.Lines.Money($"actual-value:{part.Code}", $"Actual value of {part.Code}", "All of its points of delivery, at full price.",
            Figure.Sum(values));
        var at = $"activity.{part.Code}.baseline";
        var expected = Baseline(c, part, baseline, at);
        var above = value.Value >= expected.Value;
        var difference = above
            ? c.Lines.Money($"above-baseline:{part.Code}", $"Value above the baseline of {part.Code}", "Actual value less baseline.", value - expected)
            : c.Lines.Money($"below-baseline:{part.Code}", $"Value below the baseline of {part.Code}", "Baseline less actual value.", expected - value);
        BreakGlass(c, part, baseline, expected, difference, at);

        var beyond = difference;
        Figure? within = null;
        if (baseline.Tolerance > 0)
        {
            var tolerance = c.Lines.Money($"tolerance:{part.Code}", $"Tolerance of {part.Code}",
                "The share of the baseline within which the rates do not apply yet.", expected * c.Rate($"{at}.tolerance", baseline.Tolerance));
            within = Figure.Min(difference, tolerance);
            beyond = c.Lines.Money($"beyond-tolerance:{part.Code}", $"Beyond the tolerance of {part.Code}",
                "The difference less the tolerance, not below nothing.", Figure.Max(difference - tolerance, Figure.Zero(Penny)));
        }

        var marginal = beyond * (above ? c.Rate($"{at}.rateAbove", baseline.RateAbove) : c.Rate($"{at}.rateBelow", baseline.RateBelow));
        if (baseline.InFixed)
        {
            return c.Lines.Money($"activity:{part.Code}", $"Variable payment for {part.Code}",
                above ? "Value above the baseline at the rate above; the baseline is paid already."
                : "Value below the baseline at the rate below, taken off; the baseline is paid already.", above ? marginal : -marginal);
        }

        var paid = within is null ? expected : above ? expected + within : expected - within;
        return c.Lines.Money($"activity:{part.Code}", $"Activity of {part.Code}",
            above ? "The baseline, and value above it at the rate above." : "The baseline, less value below it at the rate below.",
            above ? paid + marginal : paid - marginal);
    }

    private static Figure Price(Calculation c, string point) =>
        Figure.Named($"terms.prices.{point}", c.Terms.Prices.First(p => p.PointOfDelivery == point).Price, Penny);

    private static Figure Baseline(Calculation c, ActivityPart part, ActivityBaseline baseline, string at)
    {
        var (code, title) = ($"baseline-value:{part.Code}", $"Baseline value of {part.Code}");
        if (baseline.Kind == ActivityBaseline.Value)
        {
            return c.Lines.Money(code, title, "The value that the terms name for the year, in twelfths by the months of the period.",
                c.Instalment(Figure.Named($"terms.{at}.perYear", baseline.PerYear!.Value, Penny)));
        }

        var values = part.PointsOfDelivery
            .Select(point => c.Lines.Money($"expected-value:{point}", $"Expected value of {point}", "Expected activity of the period at price.",
            baseline.Kind == ActivityBaseline.Given
                ? Figure.Named($"inputs.activity.{point}.expected", c.Inputs.Activity!.First(a => a.PointOfDelivery == point).Expected!.Value, 2)
                    * Price(c, point)
                : c.OfYear(Figure.Named($"terms.{at}.expected.{point}", baseline.Expected!.First(e => e.PointOfDelivery == point).PerYear, 2)
                    * Price(c, point)))).ToList();
        return c.Lines.Money(code, title, "All of its points of delivery, as expected.", Figure.Sum(values));
    }

    private static void BreakGlass(Calculation c, ActivityPart part, ActivityBaseline baseline, Figure expected, Figure difference, string at)
    {
        if (baseline.BreakGlass is not { } share)
            return;
        var limit = c.Lines.Money($"break-glass:{part.Code}", $"Break-glass threshold of {part.Code}",
            "The share of the baseline beyond which the parties agreed to talk again; it changes no payment.",
            expected * c.Rate($"{at}.breakGlass", share));
        c.Warnings.Add(new StatementWarning("break-glass", difference.Value > limit.Value,
            $"The value of {part.Code} differs from its baseline by {Digits(difference)} (line {c.Lines.All.Count - 1}); beyond {Digits(limit)} (line "
                + $"{c.Lines.All.Count}) the parties agreed to talk again.",
            [c.Lines.All.Count - 1, c.Lines.All.Count]));
    }

    /// <summary>
    /// An amount at stake x the part that the indicators earn; the earned part is added, or the unearned part deducted. CQUIN
    /// 2022/23: 1.25 % of the fixed element, indicators of equal weight, deducted from the fixed payment if not achieved.
    /// </summary>
    private static Figure Outcome(Calculation c, OutcomePart part, Figure? element)
    {
        var at = $"outcomes.{part.Code}";
        var stake = part.RateOfFixed is { } rate
            ? c.Lines.Money($"stake:{part.Code}", $"At stake for {part.Code}", "The rate of the fixed part and the capitation.",
                element! * c.Rate($"{at}.rateOfFixed", rate))
            : c.Lines.Money($"stake:{part.Code}", $"At stake for {part.Code}", "The amount of the year, in twelfths by the months of the period.",
                c.Instalment(Figure.Named($"terms.{at}.perYear", part.PerYear!.Value, Penny)));

        var factors = part.Indicators.Select(indicator => (indicator, Factor: Factor(c, part, indicator, at))).ToList();
        var earned = part.Indicators[0].Weight is null
            ? c.Lines.Money($"earned:{part.Code}", $"Earned by {part.Code}", "The factors of the indicators, of equal weight, of what is at stake.",
                stake * Figure.Sum(factors.Select(f => f.Factor)) / factors.Count)
            : c.Lines.Money($"earned:{part.Code}", $"Earned by {part.Code}", "The factors of the indicators by their weights, of what is at stake.",
                stake * Figure.Sum(factors.Select(f => f.Factor * c.Rate($"{at}.indicators.{f.indicator.Code}", f.indicator.Weight!.Value))));
        if (part.Treatment == OutcomePart.Added)
            return earned;
        var unearned = c.Lines.Money($"unearned:{part.Code}", $"Not earned by {part.Code}", "What is at stake less what is earned.", stake - earned);
        return c.Lines.Money($"deducted:{part.Code}", $"Deducted for {part.Code}", "What is not earned is taken off: it is in the fixed payment.", -unearned);
    }

    private static Figure Factor(Calculation c, OutcomePart part, OutcomeIndicator indicator, string at)
    {
        var score = Figure.Named($"inputs.{at}.{indicator.Code}",
            c.Inputs.Outcomes!.First(o => o.Outcome == part.Code && o.Indicator == indicator.Code).Score, 6);
        var (one, none) = (Figure.Constant(1.000000m), Figure.Zero(6));
        var minimum = c.Rate($"{at}.minimum", part.Minimum);
        var (rule, factor) = part.Scoring switch
        {
            QualityTerms.Binary => ("All from the minimum score, nothing below it.", Figure.IfAtLeast(score, minimum, one, none)),
            QualityTerms.Ladder => ("The factor of the highest step that the score reaches.", part.Steps!.Index().Aggregate(none,
                (below, step) => Figure.IfAtLeast(score, c.Rate($"{at}.steps.{step.Index}.from", step.Item.From),
                    c.Rate($"{at}.steps.{step.Index}.factor", step.Item.Factor), below))),
            _ when part.Minimum == 0 => ("The score.", score),
            _ => ("The score; nothing below the minimum.", Figure.IfAtLeast(score, minimum, score, none)),
        };
        return c.Lines.Add($"factor:{part.Code}:{indicator.Code}", $"Factor of {indicator.Code}", rule, Units.Rate, factor);
    }

    private static string Digits(Figure figure) => figure.Value.ToString($"F{figure.Scale}", CultureInfo.InvariantCulture);
}
