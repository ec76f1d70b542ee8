using IntegratedCare.Shared.Access;

namespace IntegratedCare.CarePathways;

internal static class CarePathwaysScopes
{
    public const string Read = "care-pathways.read";
    public const string Write = "care-pathways.write";

    public static readonly IReadOnlyList<Scope> All =
    [
        new(Read, "Read episodes"),
        new(Write, "Act on episodes"),
    ];
}
