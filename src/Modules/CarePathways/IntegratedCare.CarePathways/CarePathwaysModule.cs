using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.CarePathways;

/// <summary>Who is on which pathway, whose turn is it, is a clock running out?</summary>
public sealed class CarePathwaysModule : IModule
{
    public string Name => "CarePathways";
    public string Schema => "care_pathways";
    public Type DbContext => typeof(CarePathwaysDb);
    public IReadOnlyList<ProblemType> Problems => CarePathwaysProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<CarePathwaysDb>(new CarePathwaysModule(), configuration);

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
