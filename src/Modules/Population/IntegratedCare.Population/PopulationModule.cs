using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Features.Risk;
using IntegratedCare.Population.Reactions;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Population;

/// <summary>Who do we serve, and who is at risk?</summary>
public sealed class PopulationModule : IModule
{
    public string Name => "Population";
    public string Schema => "population";
    public Type DbContext => typeof(PopulationDb);
    public IReadOnlyList<ProblemType> Problems => PopulationProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<PopulationDb>(new PopulationModule(), configuration);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        AddRisk(services, configuration);
    }

    public void MapEndpoints(EndpointList endpoints)
    {
        endpoints
            .Map<ListRiskModels>()
            .Map<GetRiskModel>()
            .Map<AddRiskModel>()
            .Map<StartStratification>()
            .Map<ListStratifications>()
            .Map<GetStratification>()
            .Map<ListTierChanges>()
            .Map<GetPersonRisk>()
            .Map<ListHighRiskRegister>()
            .Map<GetHighRiskEntry>()
            .Map<ConfirmHighRisk>()
            .Map<DeclineHighRisk>()
            .Map<EndHighRisk>();
    }

    public void AddReactions(ReactionList reactions)
    {
        reactions.Add<OnPersonDiedEndHighRisk>();
    }

    private static void AddRisk(IServiceCollection services, IConfiguration configuration)
    {
        // Read and checked now: a model that does not add up stops the start.
        _ = BuiltInRiskModels.All;
        services.AddSingleton<RiskModelStore>();
        services.AddSingleton<StratificationSignal>();
        services.AddScoped<DecideHighRisk>();
        services.Configure<HighRiskRegisterOptions>(configuration.GetSection("Population:HighRiskRegister"));
        services.AddHostedService<StratificationWorker>();
    }
}
