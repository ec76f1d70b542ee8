namespace IntegratedCare.Population.RiskModels;

/// <summary>A risk model as data. A new version never changes a score made with an old one.</summary>
/// <param name="Validated">The population that the published figures are valid for. Others may be scored; the answer says so.</param>
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
    /// <summary>The lengths of the features' codes: a diagnosis is cut to these lengths for the look-up.</summary>
    public IReadOnlyList<int> CodeLengths => [.. Features.Select(f => f.Code.Length).Distinct().Order()];

    /// <summary>
    /// The features that a person's codes match and the sum of their points. A feature counts once, however many codes match it;
    /// points are decimals, so that neither order nor rounding changes a score.
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

    public string BandOf(double score) => Bands.First(b => b.Contains((decimal)score)).Name;

    public RiskFeature Feature(string code) => Features.First(f => f.Code == code);

    /// <summary>The first admission date that counts for an index date.</summary>
    public DateOnly LookBackFrom(DateOnly indexDate) => indexDate.AddMonths(-LookBackMonths);
}

internal enum RiskUnit
{
    /// <summary>A person at a date.</summary>
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

/// <summary>How a person with a missing input is scored.</summary>
internal sealed record MissingInputs(MissingAnswer NoAdmission, MissingAnswer AdmissionsWithoutDiagnoses);

internal sealed record ValidatedFor(int MinimumAge, string Population);

/// <param name="Below">The band ends before this score.</param>
/// <param name="UpTo">The band ends with this score. The last band has neither.</param>
internal sealed record RiskBand(string Name, decimal? Below = null, decimal? UpTo = null)
{
    public bool Contains(decimal score) => Below is { } below ? score < below : UpTo is not { } upTo || score <= upTo;
}

/// <param name="Code">ICD-10 without dots; every code with this prefix matches the feature.</param>
internal sealed record RiskFeature(string Code, decimal Points, string Description);

internal sealed record PublishedPerformance(string Outcome, string Population, string Statistic, decimal Value, string Citation, string? Interval95 = null);

internal sealed record RiskScore(decimal Points, IReadOnlyList<RiskFeature> Features);

/// <summary>The reason why a person has no score.</summary>
internal sealed record NotScorable(string Code, string Reason)
{
    public static readonly NotScorable BelowAge = new("below-age", "Younger than the model is for.");
    public static readonly NotScorable DiagnosesNotCoded = new("diagnoses-not-coded", "Every admission in the look-back is without a diagnosis code as yet.");
    public static readonly NotScorable NoAdmission = new("no-admission", "No admission in the look-back, which the model needs.");

    public static readonly IReadOnlyList<NotScorable> All = [BelowAge, DiagnosesNotCoded, NoAdmission];

    public static NotScorable? Of(string? code) => All.FirstOrDefault(n => n.Code == code);
}
