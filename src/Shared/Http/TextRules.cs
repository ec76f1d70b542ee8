using System.Text.RegularExpressions;
using FluentValidation;

namespace IntegratedCare.Shared.Http;

/// <summary>Validation rules for codes, single lines and closed lists of values.</summary>
public static partial class TextRules
{
    private const string CodePattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
    private const string CodeMessage = "A code: letters, digits, dot, hyphen or underscore, at most 64.";

    public static bool IsCode(string? text) => text is not null && CodeShape().IsMatch(text);

    public static IRuleBuilderOptions<T, string?> Code<T>(this IRuleBuilder<T, string?> rule) => rule
        .NotNull().WithMessage("Needed.")
        .Matches(CodePattern).WithMessage(CodeMessage)
        // In .NET the pattern's end also matches before a last line feed.
        .Must(t => t?.EndsWith('\n') != true).WithMessage(CodeMessage);

    /// <summary>Present, not blank, without control characters, at most this long.</summary>
    public static IRuleBuilderOptions<T, string?> Line<T>(this IRuleBuilder<T, string?> rule, int max) => rule
        .NotEmpty().WithMessage("Needed, and not blank.")
        .MaximumLength(max).WithMessage($"At most {max} characters.")
        .Must(t => t?.Any(c => char.IsControl(c) || char.IsSurrogate(c)) != true).WithMessage("No control characters.");

    public static IRuleBuilderOptions<T, string?> In<T>(this IRuleBuilder<T, string?> rule, params string[] allowed) => rule
        .NotNull().WithMessage($"Needed, one of: {string.Join(", ", allowed)}.")
        .Matches($"^({string.Join('|', allowed)})$").WithMessage($"One of: {string.Join(", ", allowed)}.")
        .Must(t => t?.EndsWith('\n') != true).WithMessage($"One of: {string.Join(", ", allowed)}.");

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\z", RegexOptions.NonBacktracking)]
    private static partial Regex CodeShape();
}
