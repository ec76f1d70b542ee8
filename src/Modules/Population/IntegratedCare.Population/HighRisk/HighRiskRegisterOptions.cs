using IntegratedCare.Population.Stratifications;

namespace IntegratedCare.Population.HighRisk;

/// <summary>Section <c>Population:HighRiskRegister</c>.</summary>
internal sealed class HighRiskRegisterOptions
{
    /// <summary>The model whose runs feed the practice registers.</summary>
    public string Model { get; set; } = "hospital-frailty-risk-score";

    /// <summary>The widest tier that is proposed.</summary>
    public string Tier { get; set; } = "top-2";

    /// <summary>How long a decline holds.</summary>
    public int DeclineDays { get; set; } = 180;

    /// <summary>How many runs of a model keep their scores; of older ones the counts remain.</summary>
    public int KeepRuns { get; set; } = 24;

    public bool IsValid => Tiers.All.Any(t => t.Name == Tier) && DeclineDays is >= 0 and <= 3650 && KeepRuns >= 2;
}
