using FluentValidation;

namespace IntegratedCare.CarePathways;

/// <summary>Validation rules for text, codes, dates and lists in requests.</summary>
internal static class FieldRules
{
    public const int MaxItems = 100;

    /// <summary>Required free text without control characters other than line breaks and tabs.</summary>
    public static IRuleBuilderOptions<T, string?> RequiredText<T>(this IRuleBuilder<T, string?> rule, int max = 4000) =>
        rule.NotEmpty().WithMessage("Required.").OptionalText(max);

    public static IRuleBuilderOptions<T, string?> OptionalText<T>(this IRuleBuilder<T, string?> rule, int max = 4000) =>
        rule.Must(t => t is null || t.Length <= max).WithMessage($"At most {max} characters.")
            .Must(t => t is null || !t.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'))).WithMessage("Control characters are not text.");

    /// <summary>A kebab-case code, such as a role or an outcome.</summary>
    public static IRuleBuilderOptions<T, string?> RequiredCode<T>(this IRuleBuilder<T, string?> rule) =>
        rule.NotEmpty().WithMessage("Required.").Must(t => string.IsNullOrEmpty(t) || IsCode(t)).WithMessage("A code in kebab-case, such as community-nurse.");

    public static IRuleBuilderOptions<T, string?> RequiredOrganisation<T>(this IRuleBuilder<T, string?> rule) =>
        rule.NotEmpty().WithMessage("Required.").OptionalOrganisation();

    public static IRuleBuilderOptions<T, string?> OptionalOrganisation<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(t => string.IsNullOrEmpty(t) ? t is null : IsOrganisation(t)).WithMessage("An ODS code.");

    public static IRuleBuilderOptions<T, DateOnly?> RequiredDate<T>(this IRuleBuilder<T, DateOnly?> rule) =>
        rule.NotNull().WithMessage("Required.").PossibleDate();

    public static IRuleBuilderOptions<T, DateOnly?> PossibleDate<T>(this IRuleBuilder<T, DateOnly?> rule) =>
        rule.Must(d => d is null or { Year: >= 1900 and <= 2200 }).WithMessage("Between 1900 and 2200.");

    public static IRuleBuilderOptions<T, IReadOnlyList<TItem>?> MaxCount<T, TItem>(this IRuleBuilder<T, IReadOnlyList<TItem>?> rule, int max = MaxItems) =>
        rule.Must(l => l is null || l.Count <= max).WithMessage($"At most {max}.");

    /// <summary>A parameter that names a pathway, or is left out.</summary>
    public static IRuleBuilderOptions<T, string?> OptionalPathway<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(t => t is null || IsCode(t)).WithMessage("A pathway's id, such as high-risk-patient-programme.");

    public static bool IsCode(string text) =>
        text.Length is > 0 and <= 64 && char.IsAsciiLetterLower(text[0]) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    public static bool IsOrganisation(string text) => text.Length is >= 2 and <= 12 && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c));
}
