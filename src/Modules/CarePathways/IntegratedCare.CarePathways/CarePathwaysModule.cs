using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Features;
using IntegratedCare.CarePathways.Reactions;
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
    public Type Session => typeof(CarePathwaysDb);
    public IReadOnlyList<ProblemType> Problems => CarePathwaysProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<CarePathwaysDb>(new CarePathwaysModule(), configuration);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(new PathwayCatalogue());
        services.AddScoped<EpisodeDesk>();
        services.AddSingleton<ClockWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<ClockWatch>());
    }

    public void MapEndpoints(EndpointList endpoints) => endpoints
        .Map<ListPathwayDefinitions>()
        .Map<ReadPathwayDefinition>()
        .Map<ListEpisodes>()
        .Map<ReadEpisode>()
        .Map<AcceptEpisode>()
        .Map<DeclineEpisode>()
        .Map<RecordAssessment>()
        .Map<NameKeyWorker>()
        .Map<RecordMeeting>()
        .Map<RecordCarePlan>()
        .Map<ReviewCarePlan>()
        .Map<AddTeamMember>()
        .Map<OfferHandover>()
        .Map<AcceptHandover>()
        .Map<CloseEpisode>()
        .Map<ReadEpisodeClocks>()
        .Map<ListClocks>()
        .Map<ReadEpisodeAudit>()
        .Map<ReadMeetingAgenda>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnOrganisationChanged>()
        .Add<OnHighRiskConfirmed>()
        .Add<OnPersonDied>()
        .Add<OnDeathWithdrawn>()
        .Add<OnCareFactsRecorded>();
}
