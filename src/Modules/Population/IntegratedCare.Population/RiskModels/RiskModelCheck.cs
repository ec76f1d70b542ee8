using System.Text.RegularExpressions;

namespace IntegratedCare.Population.RiskModels;

/// <summary>Validates a model. Built-in ones are checked at start, partners' ones when they are posted.</summary>
internal static partial class RiskModelCheck
{
    private const int MaxFeatures = 2000;
    private const int MaxPoints = 1000;
    private const decimal MaxStatistic = 1_000_000;

    /// <summary>The faults, each with its JSON pointer; none if the model can be used.</summary>
    public static IReadOnlyList<(string Pointer, string Detail)> Faults(RiskModel model)
    {
        var faults = new List<(string, string)>();
        if (!IsId(model.Id))
            faults.Add(("/id", "Kebab-case: lower-case letters, digits and hyphens, at most 80."));
        if (model.Inputs is not { Count: > 0 } || model.Inputs.Distinct().Count() != model.Inputs.Count)
            faults.Add(("/inputs", "At least one input, none twice."));
        if (model.LookBackMonths is < 1 or > 120)
            faults.Add(("/lookBackMonths", "Between 1 and 120."));
        if (model.MinimumAge is < 0 or > 120)
            faults.Add(("/minimumAge", "Between 0 and 120."));
        if (model.Features is not { Count: > 0 and <= MaxFeatures })
            faults.Add(("/features", "Between 1 and 2,000 features."));
        var codes = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < (model.Features?.Count ?? 0); i++)
        {
            var feature = model.Features![i];
            if (feature is null || !CodeShape().IsMatch(feature.Code ?? ""))
                faults.Add(($"/features/{i}/code", "An ICD-10 code or prefix without dots: a letter, two digits, up to three more characters."));
            else if (!codes.Add(feature.Code!))
                faults.Add(($"/features/{i}/code", "Listed twice."));
            if (feature is null || feature.Points is <= 0 or > MaxPoints)
                faults.Add(($"/features/{i}/points", "Above 0, at most 1,000."));
            if (feature is null || !FreeText.IsText(feature.Description, 300))
                faults.Add(($"/features/{i}/description", "Between 1 and 300 characters, no control characters."));
        }

        for (var i = 0; i < (model.Performance?.Count ?? 0); i++)
        {
            if (model.Performance![i] is { Value: < -MaxStatistic or > MaxStatistic })
                faults.Add(($"/performance/{i}/value", "Between -1,000,000 and 1,000,000."));
        }

        Bands(model.Bands, faults);
        return faults;
    }

    public static bool IsId(string? id) => id is { Length: <= 80 } && IdShape().IsMatch(id);

    private static void Bands(IReadOnlyList<RiskBand>? bands, List<(string, string)> faults)
    {
        if (bands is not { Count: > 0 and <= 20 } || bands.Any(b => b is null || !FreeText.IsText(b.Name, 100)))
        {
            faults.Add(("/bands", "Between 1 and 20 bands, each with a name of at most 100 characters."));
            return;
        }

        decimal? previous = null;
        for (var i = 0; i < bands.Count; i++)
        {
            var end = bands[i].Below ?? bands[i].UpTo;
            var last = i == bands.Count - 1;
            if (last ? end is not null : end is null || (bands[i].Below is not null && bands[i].UpTo is not null) || end <= previous || end < 0
                || bands[i].Below == 0)
                faults.Add(($"/bands/{i}", "Bands rise from a score of 0; each but the last ends with either 'below' or 'upTo', the last with neither."));
            if (end > MaxFeatures * MaxPoints)
                faults.Add(($"/bands/{i}/{(bands[i].Below is null ? "upTo" : "below")}", "Higher than any score can be."));
            previous = end;
        }
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]*$", RegexOptions.NonBacktracking)]
    private static partial Regex IdShape();

    [GeneratedRegex("^[A-Z][0-9][0-9A-Z][0-9A-Z]{0,3}$", RegexOptions.NonBacktracking)]
    private static partial Regex CodeShape();
}
