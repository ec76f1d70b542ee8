using IntegratedCare.Shared.Access;

namespace IntegratedCare.Host.Auth;

/// <summary>The named clients of the development issuer: one per kind of organisation, and one per demo practice.</summary>
internal static class DemoClients
{
    public const int Practices = 74;

    private static readonly string[] Care =
    [
        "population.read", "events.write", "care-pathways.read", "care-pathways.write", "metrics.read",
        "contracts.read", "contracts.write", "commissioning.read",
    ];

    private static readonly string[] Commissions =
        ["metrics.read", "metrics.write", "contracts.read", "contracts.write", "commissioning.read", "commissioning.write"];

    private static readonly string[] CarePurposes = [Purposes.DirectCare, Purposes.Operations, Purposes.PopulationHealth];

    public static readonly IReadOnlyList<DemoClient> All =
    [
        new("demo-operator", "OPR01", OrganisationKinds.SystemOperator, [.. Modules.Scopes.Select(s => s.Name)],
            [Purposes.Operations, Purposes.RiskStratification, Purposes.PopulationHealth, Purposes.Evaluation], []),
        new("demo-acute-trust", "RZ1", OrganisationKinds.AcuteTrust, [.. Care, "commissioning.write"], CarePurposes, []),
        new("demo-community-trust", "RZ3", OrganisationKinds.CommunityTrust, Care, CarePurposes, []),
        new("demo-mental-health-trust", "RZ2", OrganisationKinds.MentalHealthTrust, Care, CarePurposes, []),
        .. Enumerable.Range(1, Practices).Select(n => new DemoClient(n == 1 ? "demo-practice" : $"demo-practice-{n}", $"Y{99000 + n}",
            OrganisationKinds.GeneralPractice, [.. Care, "population.write"], [.. CarePurposes, Purposes.RiskStratification], [])),
        new("demo-gp-federation", "FED01", OrganisationKinds.GpFederation, Care, CarePurposes, []),
        new("demo-council", "E06000991", OrganisationKinds.LocalAuthority, [.. Care, "commissioning.write"], CarePurposes, []),
        new("demo-council-2", "E08000992", OrganisationKinds.LocalAuthority, [.. Care, "commissioning.write"], CarePurposes, []),
        new("demo-commissioner", "99A", OrganisationKinds.Commissioner,
            ["population.read", "care-pathways.read", .. Commissions],
            [Purposes.Commissioning, Purposes.PopulationHealth, Purposes.Operations], []),
        new("demo-voluntary", "VOL01", OrganisationKinds.Voluntary, Care, CarePurposes, []),
        new("demo-independent-provider", "NZ901", OrganisationKinds.IndependentProvider, Care, CarePurposes, []),
        new("demo-integrated-care-board", "QZ9", OrganisationKinds.IntegratedCareBoard,
            ["population.read", "population.write", .. Commissions],
            [Purposes.PopulationHealth, Purposes.Commissioning, Purposes.Evaluation, Purposes.Operations], []),
        // An EPR vendor posts for several organisations.
        new("demo-vendor", "RZ1", OrganisationKinds.AcuteTrust, ["events.write", "population.read"], [Purposes.DirectCare, Purposes.Operations],
            ["RZ2", "RZ3", "E06000991", "E08000992", .. Enumerable.Range(1, Practices).Select(n => $"Y{99000 + n}")]),
    ];

    public static DemoClient? Find(string id) => All.FirstOrDefault(c => c.Id == id);
}

/// <param name="EventSources">Organisations beyond its own whose events this client may post.</param>
internal sealed record DemoClient(
    string Id,
    string Organisation,
    string Kind,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<string> Purposes,
    IReadOnlyList<string> EventSources)
{
    /// <summary>Development only, and therefore no secret.</summary>
    public string Secret => $"{Id}-secret";
}
