using System.Text.RegularExpressions;
using FluentValidation;

namespace IntegratedCare.Commissioning.Domain;

/// <summary>Shapes of text that requests share.</summary>
internal static partial class Texts
{
    public static bool IsCode(string? text) => text is not null && CodeShape().IsMatch(text);

    public static IRuleBuilderOptions<T, string?> Code<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(IsCode).WithMessage("A code: letters, digits, dot, hyphen or underscore, at most 64.");

    /// <summary>Present, not blank, no control characters, not longer than so many characters.</summary>
    public static IRuleBuilderOptions<T, string?> Line<T>(this IRuleBuilder<T, string?> rule, int most) =>
        rule.Must(t => !string.IsNullOrWhiteSpace(t) && t.Length <= most && !t.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            .WithMessage($"Needed: 1 to {most} characters, none of them a control character.");

    public static IRuleBuilderOptions<T, string?> In<T>(this IRuleBuilder<T, string?> rule, params string[] allowed) =>
        rule.Must(t => t is not null && allowed.Contains(t)).WithMessage($"One of: {string.Join(", ", allowed)}.");

    /// <summary>Pounds and pence, within so much either way of zero.</summary>
    public static IRuleBuilderOptions<T, decimal?> Money<T>(this IRuleBuilder<T, decimal?> rule, decimal least, decimal most) =>
        rule.Must(v => v is { } x && x >= least && x <= most && decimal.Round(x, 2) == x).WithMessage($"Pounds and pence between {least} and {most}.");

    public static IRuleBuilderOptions<T, string?> FinancialYear<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(t => Domain.FinancialYear.IsValid(t)).WithMessage("A financial year such as 2026/27.");

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\z", RegexOptions.NonBacktracking)]
    private static partial Regex CodeShape();
}
