using IntegratedCare.Population.HighRisk;
using IntegratedCare.Population.Intake;
using IntegratedCare.Population.Loads;
using IntegratedCare.Population.Organisations;
using IntegratedCare.Population.Persons;
using IntegratedCare.Population.Places;
using IntegratedCare.Population.Records;
using IntegratedCare.Population.RegisterCounts;
using IntegratedCare.Population.RiskModels;
using IntegratedCare.Population.Stratifications;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Population;

/// <summary>Population's documents and tables.</summary>
public interface IPopulationStore : IDocumentStore;

/// <summary>Persons, organisations and places, their care events, and who is at high risk.</summary>
public sealed class PopulationModule : IModule
{
    public string Name => "Population";
    public string Schema => "population";
    public Type Session => typeof(PopulationSession);
    public IReadOnlyList<Scope> Scopes => PopulationScopes.All;
    public IReadOnlyList<ProblemType> Problems => PopulationProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<IPopulationStore, PopulationSession>(new PopulationModule(), configuration);

    public void Declare(StoreDeclaration store) => PopulationSession.Declare(store);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<OrganisationKindCache>();
        services.AddSingleton<IOrganisationKinds>(provider => provider.GetRequiredService<OrganisationKindCache>());
        services.AddHostedService(provider => provider.GetRequiredService<OrganisationKindCache>());
        services.AddSingleton<EventInbound>();
        services.AddHostedService(provider => provider.GetRequiredService<EventInbound>());
        services.AddHostedService<EventPartitions>();
        services.AddSingleton<IEventFormat, SingleEvent>();
        services.AddSingleton<IEventFormat, EventBatch>();
        services.AddSingleton<IEventFormat, EventLines>();
        services.AddHostedService<RegisterCounter>();
        services.AddSingleton<UnappliedEvents>();
        var maxWait = configuration.GetValue("Population:ReadsWaitAtMost", AppliedWrites.DefaultMaxWait);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<AppliedWrites>(provider, maxWait));
        services.AddSingleton<PersonLoader>();
        AddRisk(services, configuration);
    }

    public void AddEndpoints(EndpointTypes endpoints) => endpoints
        // Register
        .Add<RegisterOrganisation>()
        .Add<AmendOrganisation>()
        .Add<ReadOrganisation>()
        .Add<ListOrganisations>()
        .Add<RegisterPlace>()
        .Add<AmendPlace>()
        .Add<ReadPlace>()
        .Add<ListPlaces>()
        .Add<RegisterPersons>()
        .Add<ReadPerson>()
        .Add<LookUpPerson>()
        .Add<AmendPerson>()
        .Add<ReadAudit>()
        .Add<DeclareEmergency>()
        .Add<ListEmergencies>()
        // Events
        .Add<PostEvents>()
        .Add<ReadEvent>()
        .Add<ReadTimeline>()
        .Add<ListWaitingRecords>()
        .Add<ReadLoad>()
        .Add<ListRejects>()
        .Add<ListRejectedLines>()
        // Risk
        .Add<ListRiskModels>()
        .Add<ReadRiskModel>()
        .Add<AddRiskModel>()
        .Add<StartStratification>()
        .Add<ListStratifications>()
        .Add<ReadStratification>()
        .Add<ListTierChanges>()
        .Add<ReadPersonRisk>()
        .Add<ListHighRiskRegister>()
        .Add<ReadHighRiskEntry>()
        .Add<ConfirmHighRisk>()
        .Add<DeclineHighRisk>()
        .Add<EndHighRisk>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnEventsReceived>()
        .Add<OnPersonsChanged>()
        .Add<OnOrganisationChanged>()
        .Add<OnMembershipsChanged>()
        .Add<OnPersonDiedEndHighRisk>()
        .Add<OnEpisodePartnersChanged>();

    public IReadOnlyList<PersonColumn> PersonColumns { get; } =
    [
        new("record.person_id", nameof(OnPersonsChanged)),
        new("episode_partner.person_id", nameof(OnEpisodePartnersChanged)),
        new("registration.person_id", PersonColumn.Merge),
        new("emergency_access.person_id", PersonColumn.Merge),
        new("high_risk_entry.person_id", PersonColumn.Merge),
        new("risk_score.person_id", PersonColumn.Stays + "a score is of the register as it was at the run"),
        new("risk_change.person_id", PersonColumn.Stays + "a change of tier is of the register as it was at the run"),
    ];

    private static void AddRisk(IServiceCollection services, IConfiguration configuration)
    {
        // Reads and checks the models now: an invalid one stops the start.
        _ = BuiltInRiskModels.All;
        services.AddSingleton<RiskModelLibrary>();
        services.AddSingleton<StratificationSignal>();
        services.AddOptions<HighRiskRegisterOptions>().Bind(configuration.GetSection("Population:HighRiskRegister"))
            .Validate(o => o.IsValid,
                "Population:HighRiskRegister: Tier is one of top-0.5, top-2, top-5, top-20; DeclineDays 0 to 3650; KeepRuns at least 2.")
            .ValidateOnStart();
        services.AddHostedService<StratificationWorker>();
    }
}
