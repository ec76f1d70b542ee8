using System.Text.RegularExpressions;
using FluentValidation;

namespace IntegratedCare.Commissioning.Domain;

/// <summary>Shapes of text that requests share.</summary>
internal static partial class Texts
{
    private const string CodePattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
    private const string CodeMessage = "A code: letters, digits, dot, hyphen or underscore, at most 64.";

    public static bool IsCode(string? text) => text is not null && CodeShape().IsMatch(text);

    public static IRuleBuilderOptions<T, string?> Code<T>(this IRuleBuilder<T, string?> rule) => rule
        .NotNull().WithMessage("Needed.")
        .Matches(CodePattern).WithMessage(CodeMessage)
        // In .NET the pattern's end also matches before a last line feed.
        .Must(t => t?.EndsWith('\n') != true).WithMessage(CodeMessage);

    /// <summary>Present, not blank, no control characters, not longer than so many characters.</summary>
    public static IRuleBuilderOptions<T, string?> Line<T>(this IRuleBuilder<T, string?> rule, int most) => rule
        .NotEmpty().WithMessage("Needed, and not blank.")
        .MaximumLength(most).WithMessage($"At most {most} characters.")
        .Must(t => t?.Any(c => char.IsControl(c) || char.IsSurrogate(c)) != true).WithMessage("No control characters.");

    public static IRuleBuilderOptions<T, string?> In<T>(this IRuleBuilder<T, string?> rule, params string[] allowed) => rule
        .NotNull().WithMessage($"Needed, one of: {string.Join(", ", allowed)}.")
        .Matches($"^({string.Join('|', allowed)})$").WithMessage($"One of: {string.Join(", ", allowed)}.")
        .Must(t => t?.EndsWith('\n') != true).WithMessage($"One of: {string.Join(", ", allowed)}.");

    /// <summary>Pounds and pence, within so much either way of zero.</summary>
    public static IRuleBuilderOptions<T, decimal?> Money<T>(this IRuleBuilder<T, decimal?> rule, decimal least, decimal most) => rule
        .NotNull().WithMessage("Needed.")
        .InclusiveBetween(least, most).WithMessage($"Pounds and pence between {least} and {most}.")
        .Must(v => v is not { } x || decimal.Round(x, 2) == x).WithMessage("At most two decimal places.");

    public static IRuleBuilderOptions<T, string?> FinancialYear<T>(this IRuleBuilder<T, string?> rule) => rule
        .NotNull().WithMessage("Needed: a financial year such as 2026/27.")
        .Must(t => t is null || Domain.FinancialYear.IsValid(t)).WithMessage("A financial year such as 2026/27.");

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\z", RegexOptions.NonBacktracking)]
    private static partial Regex CodeShape();
}
