using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Features.Risk;
using IntegratedCare.Population.Features;
using IntegratedCare.Population.Reactions;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
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
    public Type Session => typeof(PopulationDb);
    public IReadOnlyList<ProblemType> Problems => PopulationProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<PopulationDb>(new PopulationModule(), configuration);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<RegisteredKinds>();
        services.AddSingleton<IOrganisationKinds>(provider => provider.GetRequiredService<RegisteredKinds>());
        services.AddHostedService(provider => provider.GetRequiredService<RegisteredKinds>());
        services.AddSingleton<EventInbound>();
        services.AddHostedService(provider => provider.GetRequiredService<EventInbound>());
        services.AddHostedService<EventPartitions>();
        services.AddHostedService<RegisterCounter>();
        var readsWait = configuration.GetValue("Population:ReadsWaitAtMost", Applied.UsualMost);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Applied>(provider, readsWait));
        services.AddSingleton<LoadStore>();
        services.AddSingleton<PersonStore>();
        services.AddSingleton<PersonRequest.Validator>();
        AddRisk(services, configuration);
    }

    public void MapEndpoints(EndpointList endpoints) => endpoints
        // Register
        .Map<RegisterOrganisation>()
        .Map<AmendOrganisation>()
        .Map<ReadOrganisation>()
        .Map<ListOrganisations>()
        .Map<RegisterPlace>()
        .Map<AmendPlace>()
        .Map<ReadPlace>()
        .Map<ListPlaces>()
        .Map<RegisterPersons>()
        .Map<ReadPerson>()
        .Map<LookUpPerson>()
        .Map<AmendPerson>()
        .Map<ReadAudit>()
        // Events
        .Map<PostEvents>()
        .Map<ReadEvent>()
        .Map<ReadTimeline>()
        .Map<ListWaitingRecords>()
        .Map<ReadLoad>()
        .Map<ListRejects>()
        // Risk
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

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnEventsReceived>()
        .Add<OnPersonsChanged>()
        .Add<OnMembershipsChanged>()
        .Add<OnPersonDiedEndHighRisk>()
        .Add<OnEpisodePartnersChanged>();

    private static void AddRisk(IServiceCollection services, IConfiguration configuration)
    {
        // Read and checked now: a model that does not add up stops the start.
        _ = BuiltInRiskModels.All;
        services.AddSingleton<RiskModelStore>();
        services.AddSingleton<StratificationSignal>();
        services.AddScoped<DecideHighRisk>();
        services.AddOptions<HighRiskRegisterOptions>().Bind(configuration.GetSection("Population:HighRiskRegister"))
            .Validate(o => o.AreSound, "Population:HighRiskRegister: Tier is one of top-0.5, top-2, top-5, top-20; DeclineDays 0 to 3650; KeepRuns at least 2.").ValidateOnStart();
        services.AddHostedService<StratificationWorker>();
    }
}
