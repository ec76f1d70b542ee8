using IntegratedCare.Shared.Access;

namespace IntegratedCare.Contracts;

internal static class ContractsScopes
{
    public const string Read = "contracts.read";
    public const string Write = "contracts.write";

    public static readonly IReadOnlyList<Scope> All =
    [
        new(Read, "Read agreements, risk-shares and settlements"),
        new(Write, "Draft, sign and settle agreements and risk-shares"),
    ];
}
