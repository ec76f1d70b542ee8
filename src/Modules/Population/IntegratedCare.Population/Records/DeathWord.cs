using IntegratedCare.Shared.Access;

namespace IntegratedCare.Population.Records;

/// <summary>
/// Whose word sets a death at once: those who certify or register deaths, the person's practice among them, and the operator. A death that
/// anybody else records waits, in sight of its source and of the person's practice, until one of these records it too.
/// </summary>
internal static class DeathWord
{
    public static readonly string[] Kinds =
    [
        OrganisationKinds.AcuteTrust, OrganisationKinds.CommunityTrust, OrganisationKinds.MentalHealthTrust, OrganisationKinds.GeneralPractice,
        OrganisationKinds.LocalAuthority, OrganisationKinds.SystemOperator,
    ];

    /// <summary>Whether the source of the record <c>r</c> belongs to an organisation whose kind in the register is one of <c>$2</c>.</summary>
    public const string IsTaken = "EXISTS (SELECT FROM population.mt_doc_organisation o WHERE o.code = split_part(r.source, ':', 3) AND o.kind = ANY($2))";
}
