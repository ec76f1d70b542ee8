using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Settlements.Engine;

/// <summary>The effect of quality on a gain, and on a loss rate that depends on it.</summary>
internal static partial class RiskShareEngine
{
    /// <summary>
    /// The score, or zero where it would earn nothing of a gain: failing the standard gives the highest loss rate (42 CFR 425.606(f),
    /// 425.610(f)).
    /// </summary>
    private static (string Rule, Figure Quality) QualityEarned(Calculation c, QualityTerms quality)
    {
        if (quality.Kind == QualityTerms.Standard && c.Inputs.QualityStandard == SettlementInputs.NotMet)
        {
            return ("One, within its floor and ceiling: the quality standard is not met, so quality earns nothing.",
                Figure.Named("inputs.qualityStandard", 0, 6));
        }

        var score = QualityScore(c, quality);
        return quality.Minimum is { } minimum
            ? ("One less the gain's rate times the quality score, which counts from its minimum, within its floor and ceiling.",
                Figure.IfAtLeast(score, c.Rate("quality.minimum", minimum), score, Figure.Constant(0.000000m)))
            : ("One less the gain's rate times the quality score, within its floor and ceiling.", score);
    }

    private static Figure QualityScore(Calculation c, QualityTerms quality)
    {
        Figure? weighted = null, weights = null;
        foreach (var metric in quality.Scored)
        {
            var given = c.Inputs.Quality?.FirstOrDefault(q => q.Metric == metric.Metric)
                ?? throw new RequestRefused(ContractsProblems.InputsUnfit, ContractsProblems.InputsUnfit.Explanation,
                    [new($"{c.InputsAt}/quality", $"The result is a loss, whose rate follows from the score of {metric.Metric}: it is missing.")]);
            var score = Figure.Named($"inputs.quality.{metric.Metric}.score", given.Score, 6);
            if (quality.Scored.Count == 1)
                return c.Lines.Add("quality-score", "Quality score", "As stated with the settlement.", Units.Rate, score);
            var weight = c.Rate($"quality.metrics.{metric.Metric}.weight", metric.Weight);
            weighted = weighted is null ? weight * score : weighted + weight * score;
            weights = weights is null ? weight : weights + weight;
        }

        return c.Lines.Add("quality-score", "Quality score", "The scores of the named metrics by their weights.", Units.Rate, weighted! / weights!);
    }

    private static Figure QualityFactor(Calculation c, QualityTerms quality)
    {
        var (one, none) = (Figure.Constant(1.000000m), Figure.Constant(0.000000m));
        if (quality.Kind == QualityTerms.Standard && c.Inputs.QualityStandard != SettlementInputs.Alternative)
        {
            var met = Figure.Named("inputs.qualityStandard", c.Inputs.QualityStandard == SettlementInputs.Met ? 1 : 0, 6);
            return c.Lines.Add("quality-factor", "Quality factor", "All when the quality standard is met, nothing when it is not.", Units.Rate, met);
        }

        var score = QualityScore(c, quality);
        var minimum = quality.Minimum is { } min ? c.Rate("quality.minimum", min) : null;
        var (rule, factor) = quality.Kind switch
        {
            QualityTerms.Binary => ("All from the minimum score, nothing below it.", Figure.IfAtLeast(score, minimum!, one, none)),
            QualityTerms.Ladder => ("The factor of the highest step that the score reaches.", Ladder(c, quality, score)),
            QualityTerms.Proportional when minimum is not null => ("The score; nothing below the minimum.", Figure.IfAtLeast(score, minimum, score, none)),
            QualityTerms.Proportional => ("The score.", score),
            _ => ("The score, by the alternative standard.", score),
        };
        return c.Lines.Add("quality-factor", "Quality factor", rule, Units.Rate, factor);
    }

    private static Figure Ladder(Calculation c, QualityTerms quality, Figure score)
    {
        var factor = Figure.Constant(0.000000m);
        foreach (var (i, step) in quality.Steps!.Index())
            factor = Figure.IfAtLeast(score, c.Rate($"quality.steps.{i}.from", step.From), c.Rate($"quality.steps.{i}.factor", step.Factor), factor);
        return factor;
    }
}
