using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Contracts;

/// <summary>Who is paid for what, and who shares which gain or pain?</summary>
public sealed class ContractsModule : IModule
{
    public string Name => "Contracts";
    public string Schema => "contracts";
    public Type DbContext => typeof(ContractsDb);
    public IReadOnlyList<ProblemType> Problems => ContractsProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<ContractsDb>(new ContractsModule(), configuration);

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
