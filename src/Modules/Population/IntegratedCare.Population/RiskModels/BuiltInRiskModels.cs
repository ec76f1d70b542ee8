using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Population.RiskModels;

/// <summary>The models in <c>Data/risk-models</c>, read and checked when the host starts.</summary>
internal static class BuiltInRiskModels
{
    public static readonly IReadOnlyList<RiskModel> All = Load();

    private static List<RiskModel> Load()
    {
        var assembly = typeof(BuiltInRiskModels).Assembly;
        var models = new List<RiskModel>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.Contains(".risk_models.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var model = JsonSerializer.Deserialize<RiskModel>(stream, SharedJson.Wire)!;
            var faults = RiskModelCheck.Faults(model);
            if (faults.Count > 0)
                throw new InvalidOperationException($"{name}: {string.Join("; ", faults.Select(f => $"{f.Pointer} {f.Detail}"))}");
            models.Add(model);
        }

        return models.Count > 0 ? models : throw new InvalidOperationException("No risk model is built in.");
    }
}
