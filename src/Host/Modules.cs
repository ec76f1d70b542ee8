using IntegratedCare.CarePathways;
using IntegratedCare.Commissioning;
using IntegratedCare.Contracts;
using IntegratedCare.Metrics;
using IntegratedCare.Population;

namespace IntegratedCare.Host;

/// <summary>THE list of modules.</summary>
internal static class Modules
{
    public static void AddAll(IServiceCollection services, IConfiguration configuration)
    {
        PopulationModule.Add(services, configuration);
        CarePathwaysModule.Add(services, configuration);
        MetricsModule.Add(services, configuration);
        ContractsModule.Add(services, configuration);
        CommissioningModule.Add(services, configuration);
    }
}
