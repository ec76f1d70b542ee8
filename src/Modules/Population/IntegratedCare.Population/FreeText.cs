using FluentValidation;

namespace IntegratedCare.Population;

/// <summary>Free text: no control characters other than line breaks and tabs.</summary>
internal static class FreeText
{
    public static bool IsText(string? text, int max) => !string.IsNullOrWhiteSpace(text) && text.Length <= max && HasNoControlCharacters(text);

    public static IRuleBuilderOptions<T, string?> FreeTextUpTo<T>(this IRuleBuilder<T, string?> rule, int max) =>
        rule.MaximumLength(max).Must(t => t is null || HasNoControlCharacters(t)).WithMessage("No control characters.");

    /// <summary>The reason of a decision.</summary>
    public static void Reason<T>(this IRuleBuilderInitial<T, string?> rule) => rule.NotEmpty().FreeTextUpTo(1000);

    private static bool HasNoControlCharacters(string text) => !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
}
