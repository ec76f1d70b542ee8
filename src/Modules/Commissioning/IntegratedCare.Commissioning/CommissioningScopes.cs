using IntegratedCare.Shared.Access;

namespace IntegratedCare.Commissioning;

internal static class CommissioningScopes
{
    public const string Read = "commissioning.read";
    public const string Write = "commissioning.write";

    public static readonly IReadOnlyList<Scope> All =
    [
        new(Read, "Read funds, ledgers and control totals"),
        new(Write, "Open funds and record contributions"),
    ];
}
