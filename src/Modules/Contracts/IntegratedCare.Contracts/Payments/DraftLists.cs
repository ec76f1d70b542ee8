namespace IntegratedCare.Contracts.Payments;

/// <summary>Lists in a draft: limited, without nulls, each code once.</summary>
internal static class DraftLists
{
    public static IEnumerable<(int Index, T Item)> Items<T>(this Faults faults, string pointer, IReadOnlyList<T?>? items, int max)
        where T : class
    {
        if (items is { Count: var count } && count > max)
            faults.Add(pointer, $"At most {max}.");
        foreach (var (i, item) in (items ?? []).Take(max).Index())
        {
            if (item is null)
                faults.Add($"{pointer}/{i}", "null is not taken here.");
            else
                yield return (i, item);
        }
    }

    public static List<TTerm> Each<TDraft, TTerm>(this Faults faults, string pointer, IReadOnlyList<TDraft?>? items, int max, Func<TDraft, string?> code,
        string member, Func<TDraft, string, TTerm> complete)
        where TDraft : class
    {
        var list = new List<TTerm>();
        var seen = new HashSet<string>();
        foreach (var (i, item) in faults.Items(pointer, items, max))
        {
            if (!seen.Add(faults.Code($"{pointer}/{i}/{member}", code(item))))
                faults.Add($"{pointer}/{i}/{member}", "Named twice.");
            list.Add(complete(item, $"{pointer}/{i}"));
        }

        return list;
    }
}
