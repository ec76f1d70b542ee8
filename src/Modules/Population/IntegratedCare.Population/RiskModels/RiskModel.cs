using System.Text.RegularExpressions;

namespace IntegratedCare.Population.Domain.Risk;

/// <summary>A risk model as data. A new version never changes a score made with an old one.</summary>
/// <param name="Validated">Whom the published figures speak for. Others may be scored; the reader is told.</param>
/// <param name="MinimumAge">Below this age, in whole years at the index date, nobody is scored.</param>
/// <param name="LookBackMonths">How far before the index date an admission counts; the index date itself counts too.</param>
internal sealed record RiskModel(
    string Id,
    int Version,
    string Title,
    string Citation,
    string Outcome,
    string Horizon,
    RiskUnit Unit,
    RiskTransform Transform,
    IReadOnlyList<RiskInput> Inputs,
    int LookBackMonths,
    int MinimumAge,
    ValidatedFor? Validated,
    MissingInputs Missing,
    string? Caution,
    IReadOnlyList<RiskBand> Bands,
    IReadOnlyList<PublishedPerformance> Performance,
    IReadOnlyList<RiskFeature> Features)
{
    /// <summary>The lengths of the features' codes: what a diagnosis is cut to before it is looked up.</summary>
    public IReadOnlyList<int> CodeLengths => [.. Features.Select(f => f.Code.Length).Distinct().Order()];

    /// <summary>
    /// The features that a person's codes show and their sum. A feature counts once however often, and from however many
    /// codes, it is shown; added as decimals, so that neither order nor rounding changes a score.
    /// </summary>
    public RiskScore Score(IEnumerable<string> codes)
    {
        var byCode = Features.ToDictionary(f => f.Code);
        var lengths = CodeLengths;
        var shown = codes
            .SelectMany(code => lengths.Where(n => n <= code.Length).Select(n => byCode.GetValueOrDefault(code[..n])))
            .OfType<RiskFeature>()
            .Distinct()
            .OrderBy(f => f.Code, StringComparer.Ordinal)
            .ToList();
        return new RiskScore(shown.Sum(f => f.Points), shown);
    }

    /// <summary>Why a person cannot be scored, or null if the model says they can.</summary>
    public NotScorable? WhyNotScorable(int age, int admissions, int admissionsWithDiagnoses, int featuresShown)
    {
        if (age < MinimumAge)
            return NotScorable.BelowAge;
        if (featuresShown > 0 || admissionsWithDiagnoses > 0)
            return null;
        if (admissions > 0)
            return Missing.AdmissionsWithoutDiagnoses == MissingAnswer.NotScorable ? NotScorable.DiagnosesNotCoded : null;
        return Missing.NoAdmission == MissingAnswer.NotScorable ? NotScorable.NoAdmission : null;
    }

    public string BandOf(double score) => Bands.First(b => b.Holds((decimal)score)).Name;

    public RiskFeature Feature(string code) => Features.First(f => f.Code == code);

    /// <summary>The first admission date that counts for an index date.</summary>
    public DateOnly LookBackFrom(DateOnly indexDate) => indexDate.AddMonths(-LookBackMonths);
}

internal enum RiskUnit
{
    /// <summary>A person as they stand at a date.</summary>
    PersonAtDate,
}

internal enum RiskTransform
{
    /// <summary>The points of the features shown, added up.</summary>
    Sum,
}

internal enum RiskInput
{
    /// <summary>ICD-10 codes of inpatient spells admitted within the look-back.</summary>
    InpatientDiagnoses,

    /// <summary>ICD-10 codes of conditions recorded by the index date and not resolved by then.</summary>
    Conditions,
}

internal enum MissingAnswer
{
    ScoreZero,
    NotScorable,
}

/// <summary>What the model says of a person about whom an input is missing.</summary>
internal sealed record MissingInputs(MissingAnswer NoAdmission, MissingAnswer AdmissionsWithoutDiagnoses);

internal sealed record ValidatedFor(int MinimumAge, string Population);

/// <param name="Below">The band ends before this score.</param>
/// <param name="UpTo">The band ends with this score. The last band has neither.</param>
internal sealed record RiskBand(string Name, decimal? Below = null, decimal? UpTo = null)
{
    public bool Holds(decimal score) => Below is { } below ? score < below : UpTo is not { } upTo || score <= upTo;
}

/// <param name="Code">ICD-10 without dots; every code that begins so shows the feature.</param>
internal sealed record RiskFeature(string Code, decimal Points, string Description);

internal sealed record PublishedPerformance(string Outcome, string Population, string Statistic, decimal Value, string Citation, string? Interval95 = null);

internal sealed record RiskScore(decimal Points, IReadOnlyList<RiskFeature> Features);

/// <summary>A reason for no score: never a silent zero.</summary>
internal sealed record NotScorable(string Code, string Reason)
{
    public static readonly NotScorable BelowAge = new("below-age", "Younger than the model is for.");
    public static readonly NotScorable DiagnosesNotCoded = new("diagnoses-not-coded", "Every admission in the look-back is without a diagnosis code as yet.");
    public static readonly NotScorable NoAdmission = new("no-admission", "No admission in the look-back, which the model needs.");

    public static readonly IReadOnlyList<NotScorable> All = [BelowAge, DiagnosesNotCoded, NoAdmission];

    public static NotScorable? Of(string? code) => All.FirstOrDefault(n => n.Code == code);
}

/// <summary>What makes a model usable. Built-in ones are checked at start, partners' ones when they are posted.</summary>
internal static partial class RiskModelCheck
{
    private const int MostFeatures = 2000;
    private const int MostPoints = 1000;
    private const decimal MostStatistic = 1_000_000;

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
        if (model.Features is not { Count: > 0 and <= MostFeatures })
            faults.Add(("/features", "Between 1 and 2,000 features."));
        var codes = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < (model.Features?.Count ?? 0); i++)
        {
            var feature = model.Features![i];
            if (feature is null || !CodeShape().IsMatch(feature.Code ?? ""))
                faults.Add(($"/features/{i}/code", "An ICD-10 code or prefix without dots: a letter, two digits, up to three more characters."));
            else if (!codes.Add(feature.Code!))
                faults.Add(($"/features/{i}/code", "Listed twice."));
            if (feature is null || feature.Points is <= 0 or > MostPoints)
                faults.Add(($"/features/{i}/points", "Above 0, at most 1,000."));
            if (feature is null || !IsText(feature.Description, 300))
                faults.Add(($"/features/{i}/description", "Between 1 and 300 characters, no control characters."));
        }

        for (var i = 0; i < (model.Performance?.Count ?? 0); i++)
        {
            if (model.Performance![i] is { Value: < -MostStatistic or > MostStatistic })
                faults.Add(($"/performance/{i}/value", "Between -1,000,000 and 1,000,000."));
        }

        Bands(model.Bands, faults);
        return faults;
    }

    /// <summary>Some text of at most so many characters, without control characters other than line breaks and tabs.</summary>
    public static bool IsText(string? text, int most) => !string.IsNullOrWhiteSpace(text) && text.Length <= most && IsPlain(text);

    public static bool IsPlain(string text) => !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));

    public static bool IsId(string? id) => id is { Length: <= 80 } && IdShape().IsMatch(id);

    private static void Bands(IReadOnlyList<RiskBand>? bands, List<(string, string)> faults)
    {
        if (bands is not { Count: > 0 and <= 20 } || bands.Any(b => b is null || !IsText(b.Name, 100)))
        {
            faults.Add(("/bands", "Between 1 and 20 bands, each with a name of at most 100 characters."));
            return;
        }

        decimal? previous = null;
        for (var i = 0; i < bands.Count; i++)
        {
            var end = bands[i].Below ?? bands[i].UpTo;
            var last = i == bands.Count - 1;
            if (last ? end is not null : end is null || (bands[i].Below is not null && bands[i].UpTo is not null) || end <= previous || end < 0 || bands[i].Below == 0)
                faults.Add(($"/bands/{i}", "Bands rise from a score of 0; each but the last ends with either 'below' or 'upTo', the last with neither."));
            if (end > MostFeatures * MostPoints)
                faults.Add(($"/bands/{i}/{(bands[i].Below is null ? "upTo" : "below")}", "Higher than any score can be."));
            previous = end;
        }
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]*$", RegexOptions.NonBacktracking)]
    private static partial Regex IdShape();

    [GeneratedRegex("^[A-Z][0-9][0-9A-Z][0-9A-Z]{0,3}$", RegexOptions.NonBacktracking)]
    private static partial Regex CodeShape();
}
