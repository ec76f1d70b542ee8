using System.Globalization;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts;

/// <summary>The faults of a document, gathered so that all are told at once, each with its JSON pointer.</summary>
internal sealed class Faults(string root)
{
    private const int Most = 200;
    private readonly List<FieldError> _all = [];

    public IReadOnlyList<FieldError> All => _all;

    public void Add(string pointer, string detail)
    {
        if (_all.Count < Most)
            _all.Add(new FieldError($"{root}/{pointer}", detail));
    }

    public void ThrowIfAny(ProblemType problem)
    {
        if (_all.Count > 0)
            throw new RequestRefused(problem, problem.Explanation, _all);
    }

    /// <summary>The value, or the least that is allowed with a fault.</summary>
    public decimal Number(string pointer, decimal? value, decimal least, decimal most, int places)
    {
        if (value is null)
            Add(pointer, "Missing.");
        else if (value < least || value > most)
            Add(pointer, $"Between {Text.Number(least)} and {Text.Number(most)}.");
        else if (value.Value.Scale > places && decimal.Round(value.Value, places) != value)
            Add(pointer, places == 0 ? "A whole number." : $"At most {places} decimal places.");
        else
            return value.Value;
        return least;
    }

    public string OneOf(string pointer, string value, params string[] allowed)
    {
        if (!allowed.Contains(value))
            Add(pointer, $"One of: {string.Join(", ", allowed)}.");
        return value;
    }

    /// <summary>A title: at most so many characters, none of them a control character. It may be empty.</summary>
    public void Title(string pointer, string? text, int most = 200)
    {
        if (text is null || text.Length > most || text.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            Add(pointer, $"At most {most} characters, no control characters.");
    }

    public string Code(string pointer, string? value)
    {
        if (value is null)
            Add(pointer, "Missing.");
        else if (!TextRules.IsCode(value))
            Add(pointer, "A code: letters, digits, dot, hyphen or underscore, at most 64.");
        return value ?? "";
    }
}

internal static class Text
{
    public static string Number(decimal value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
