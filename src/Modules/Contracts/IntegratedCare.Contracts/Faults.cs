using System.Globalization;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts;

/// <summary>The faults of a document, gathered so that one answer names them all, each with its JSON pointer.</summary>
internal sealed class Faults(string root)
{
    private const int MaxFaults = 200;
    private readonly List<FieldError> _all = [];

    public IReadOnlyList<FieldError> All => _all;

    public void Add(string pointer, string detail)
    {
        if (_all.Count < MaxFaults)
            _all.Add(new FieldError($"{root}/{pointer}", detail));
    }

    public void ThrowIfAny(ProblemType problem)
    {
        if (_all.Count > 0)
            throw new RequestRefused(problem, problem.Explanation, _all);
    }

    /// <summary>The value; where it is missing or out of range the minimum, and a fault.</summary>
    public decimal Number(string pointer, decimal? value, decimal min, decimal max, int places)
    {
        if (value is null)
            Add(pointer, "Missing.");
        else if (value < min || value > max)
            Add(pointer, $"Between {Text.Number(min)} and {Text.Number(max)}.");
        else if (value.Value.Scale > places && decimal.Round(value.Value, places) != value)
            Add(pointer, places == 0 ? "A whole number." : $"At most {places} decimal places.");
        else
            return value.Value;
        return min;
    }

    public string OneOf(string pointer, string value, params string[] allowed)
    {
        if (!allowed.Contains(value))
            Add(pointer, $"One of: {string.Join(", ", allowed)}.");
        return value;
    }

    /// <summary>A title: at most so many characters, none of them a control character. It may be empty.</summary>
    public void Title(string pointer, string? text, int max = 200)
    {
        if (text is null || text.Length > max || text.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            Add(pointer, $"At most {max} characters, no control characters.");
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
