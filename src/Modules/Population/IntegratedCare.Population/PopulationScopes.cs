using IntegratedCare.Shared.Access;

namespace IntegratedCare.Population;

internal static class PopulationScopes
{
    public const string Read = "population.read";
    public const string Write = "population.write";
    public const string EventsWrite = "events.write";

    public static readonly IReadOnlyList<Scope> All =
    [
        new(Read, "Read persons, organisations, places, care events, risk and cohorts"),
        new(Write, "Register persons, organisations and places; run stratifications; confirm or decline high risk"),
        new(EventsWrite, "Post care events"),
    ];
}
