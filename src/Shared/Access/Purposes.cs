namespace IntegratedCare.Shared.Access;

/// <summary>Purposes of use, as in the token claim <c>purpose</c> and the header <c>X-Purpose-Of-Use</c>.</summary>
public static class Purposes
{
    public const string DirectCare = "direct-care";
    public const string RiskStratification = "risk-stratification";
    public const string PopulationHealth = "population-health";
    public const string Commissioning = "commissioning";
    public const string Evaluation = "evaluation";
    public const string Operations = "operations";

    public static readonly string[] All = [DirectCare, RiskStratification, PopulationHealth, Commissioning, Evaluation, Operations];
}

/// <summary>Kinds of organisation, as in the token claim <c>org_kind</c> and the register.</summary>
public static class OrganisationKinds
{
    public const string AcuteTrust = "acute-trust";
    public const string CommunityTrust = "community-trust";
    public const string MentalHealthTrust = "mental-health-trust";
    public const string GeneralPractice = "general-practice";
    public const string GpFederation = "gp-federation";
    public const string LocalAuthority = "local-authority";
    public const string Commissioner = "commissioner";
    public const string Voluntary = "voluntary";
    public const string IndependentProvider = "independent-provider";
    public const string IntegratedCareBoard = "integrated-care-board";
    public const string SystemOperator = "system-operator";

    public static readonly string[] All =
    [
        AcuteTrust, CommunityTrust, MentalHealthTrust, GeneralPractice, GpFederation, LocalAuthority, Commissioner,
        Voluntary, IndependentProvider, IntegratedCareBoard, SystemOperator,
    ];
}

/// <summary>OAuth scopes: one read and one write per module, events, and the platform's own operations.</summary>
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
