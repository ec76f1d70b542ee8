using IntegratedCare.CarePathways;
using IntegratedCare.Commissioning;
using IntegratedCare.Contracts;
using IntegratedCare.Host.Operations;
using IntegratedCare.Metrics;
using IntegratedCare.Population;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.Host;

/// <summary>The list of modules.</summary>
internal static class Modules
{
    public static readonly IReadOnlyList<IModule> All =
        [new PopulationModule(), new CarePathwaysModule(), new MetricsModule(), new ContractsModule(), new CommissioningModule()];

    /// <summary>The scopes that the modules and the platform declare.</summary>
    public static IReadOnlyList<Scope> Scopes { get; } = [.. All.SelectMany(m => m.Scopes), .. OperationsScopes.All];

    public static void AddAll(IServiceCollection services, IConfiguration configuration)
    {
        PopulationModule.Add(services, configuration);
        CarePathwaysModule.Add(services, configuration);
        MetricsModule.Add(services, configuration);
        ContractsModule.Add(services, configuration);
        CommissioningModule.Add(services, configuration);
    }
}
