namespace IntegratedCare.Shared.Access;

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
