using IntegratedCare.CarePathways.Assessments;
using IntegratedCare.CarePathways.CarePlans;
using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Meetings;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.CarePathways;

/// <summary>Care Pathways' documents and tables.</summary>
public interface ICarePathwaysStore : IDocumentStore;

/// <summary>Episodes of care on pathways: stages, baton, assessments, care plans, meetings and clocks.</summary>
public sealed class CarePathwaysModule : IModule
{
    public string Name => "CarePathways";
    public string Schema => "care_pathways";
    public Type Session => typeof(CarePathwaysSession);
    public IReadOnlyList<Scope> Scopes => CarePathwaysScopes.All;
    public IReadOnlyList<ProblemType> Problems => CarePathwaysProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<ICarePathwaysStore, CarePathwaysSession>(new CarePathwaysModule(), configuration);

    public void Declare(StoreDeclaration store) => CarePathwaysSession.Declare(store);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(new PathwayCatalogue());
        services.AddScoped<EpisodeAccess>();
        services.AddSingleton<ClockWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<ClockWatch>());
    }

    public void AddEndpoints(EndpointTypes endpoints) => endpoints
        .Add<ListPathwayDefinitions>()
        .Add<ReadPathwayDefinition>()
        .Add<ListEpisodes>()
        .Add<ReadEpisode>()
        .Add<AcceptEpisode>()
        .Add<DeclineEpisode>()
        .Add<RecordAssessment>()
        .Add<NameKeyWorker>()
        .Add<RecordMeeting>()
        .Add<RecordCarePlan>()
        .Add<ReviewCarePlan>()
        .Add<AddTeamMember>()
        .Add<OfferHandover>()
        .Add<AcceptHandover>()
        .Add<CloseEpisode>()
        .Add<ReadEpisodeClocks>()
        .Add<ListClocks>()
        .Add<ReadEpisodeAudit>()
        .Add<ReadMeetingAgenda>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnOrganisationChanged>()
        .Add<OnHighRiskConfirmed>()
        .Add<OnPersonDied>()
        .Add<OnDeathWithdrawn>()
        .Add<OnCareFactsRecorded>();

    public IReadOnlyList<PersonColumn> PersonColumns { get; } =
    [
        new("mt_doc_episode.person_id", PersonColumn.Merge),
        new("person.person_id", PersonColumn.Merge),
    ];
}
