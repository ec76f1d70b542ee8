namespace IntegratedCare.Shared.Access;

/// <summary>
/// OAuth scopes: one read and one write per module, events, and the platform's own operations. A new one is also granted to
/// the demo clients (<c>src/Host/Auth/DemoClients.cs</c>) and in <c>deploy/keycloak-realm.json</c>.
/// </summary>
public static class Scopes
{
    public const string PopulationRead = "population.read";
    public const string PopulationWrite = "population.write";
    public const string EventsWrite = "events.write";
    public const string CommissioningRead = "commissioning.read";
    public const string CommissioningWrite = "commissioning.write";
    public const string ContractsRead = "contracts.read";
    public const string ContractsWrite = "contracts.write";
    public const string CarePathwaysRead = "care-pathways.read";
    public const string CarePathwaysWrite = "care-pathways.write";
    public const string MetricsRead = "metrics.read";
    public const string MetricsWrite = "metrics.write";
    public const string OperationsRead = "operations.read";
    public const string OperationsWrite = "operations.write";

    public static readonly string[] All =
    [
        PopulationRead, PopulationWrite, EventsWrite, CommissioningRead, CommissioningWrite, ContractsRead, ContractsWrite,
        CarePathwaysRead, CarePathwaysWrite, MetricsRead, MetricsWrite, OperationsRead, OperationsWrite,
    ];
}
