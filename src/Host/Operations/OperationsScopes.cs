using IntegratedCare.Shared.Access;

namespace IntegratedCare.Host.Operations;

/// <summary>The platform's own scopes. Those of a module are in the module.</summary>
internal static class OperationsScopes
{
    public const string Read = "operations.read";
    public const string Write = "operations.write";

    public static readonly IReadOnlyList<Scope> All =
    [
        new(Read, "See the platform's outboxes and parked events"),
        new(Write, "Redrive parked events"),
    ];
}
