using IntegratedCare.Population.Domain;
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
    }

    public void MapEndpoints(EndpointList endpoints)
    {
    }

    public void AddReactions(ReactionList reactions)
    {
    }
}
