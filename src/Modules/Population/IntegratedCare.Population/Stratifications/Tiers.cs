namespace IntegratedCare.Population.Stratifications;

/// <param name="PerMille">The share of adults, in thousandths.</param>
internal sealed record Tier(string Name, int PerMille)
{
    /// <summary>
    /// The size of a tier: the share of the adults, rounded up to the next whole person, so that a tier is never smaller
    /// than its percentage, and not empty in a small practice.
    /// </summary>
    public long Size(long adults) => (adults * PerMille + 999) / 1000;
}

/// <summary>
/// Tiers are shares of the adults (18 and over) registered at the index date, with or without a score. People are ranked by
/// score, then emergency admissions in the last 12 months, then age, then a hash of person and seed; a tier holds the first
/// of them, each person named by the narrowest. A score of zero is never tiered.
/// </summary>
internal static class Tiers
{
    public const int AdultAge = 18;

    public const string Rule =
        "Share of adults registered at the index date, rounded up to a whole person; ranked by score, emergency admissions in "
        + "the last 12 months, age, then a hash of person and seed; a score of zero is never tiered.";

    /// <summary>From narrowest to widest.</summary>
    public static readonly IReadOnlyList<Tier> All = [new("top-0.5", 5), new("top-2", 20), new("top-5", 50), new("top-20", 200)];

    public static string? Of(long rank, long adults) => All.FirstOrDefault(t => rank <= t.Size(adults))?.Name;

    /// <summary>A tier and all narrower ones: a person in the top 0.5 % is in the top 2 % too.</summary>
    public static string[] UpTo(string name)
    {
        var names = All.Select(t => t.Name).ToList();
        var index = names.IndexOf(name);
        return index >= 0 ? [.. names[..(index + 1)]] : throw new InvalidOperationException($"No tier is called {name}.");
    }
}
