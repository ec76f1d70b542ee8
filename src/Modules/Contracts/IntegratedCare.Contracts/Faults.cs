using System.Globalization;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts;

/// <summary>Collects the faults of a document, each with its JSON pointer, to report them together.</summary>
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

    /// <summary>The value; if it is missing or out of range, adds a fault and returns the minimum.</summary>
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

    /// <summary>A title of at most this many characters, without control characters. It may be empty.</summary>
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

    /// <summary>The items of a list of at most this many, without nulls, with their index.</summary>
    public IEnumerable<(int Index, T Item)> Items<T>(string pointer, IReadOnlyList<T?>? items, int max)
        where T : class
    {
        if (items is { Count: var count } && count > max)
            Add(pointer, $"At most {max}.");
        foreach (var (i, item) in (items ?? []).Take(max).Index())
        {
            if (item is null)
                Add($"{pointer}/{i}", "null is not taken here.");
            else
                yield return (i, item);
        }
    }

    /// <summary>Completes the items of a list, each with a code of its own.</summary>
    public List<TTerm> Each<TDraft, TTerm>(string pointer, IReadOnlyList<TDraft?>? items, int max, Func<TDraft, string?> code,
        string member, Func<TDraft, string, TTerm> complete)
        where TDraft : class
    {
        var list = new List<TTerm>();
        var seen = new HashSet<string>();
        foreach (var (i, item) in Items(pointer, items, max))
        {
            if (!seen.Add(Code($"{pointer}/{i}/{member}", code(item))))
                Add($"{pointer}/{i}/{member}", "Named twice.");
            list.Add(complete(item, $"{pointer}/{i}"));
        }

        return list;
    }
}

internal static class Text
{
    public static string Number(decimal value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
