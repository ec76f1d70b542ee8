using System.Text.RegularExpressions;
using FluentValidation;

namespace IntegratedCare.Contracts.Domain;

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

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\z", RegexOptions.NonBacktracking)]
    private static partial Regex CodeShape();
}
