using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Persons;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.CarePathways;

/// <summary>Care Pathways' unit of work: an episode, its events and its clocks are saved together.</summary>
internal sealed class CarePathwaysSession(ICarePathwaysStore store, ModuleSessionServices services) : ModuleSession(store, "care_pathways", services)
{
    private const string OneOpen = "mt_doc_episode_one_open";
    private const string OneKeyWorker = "mt_doc_episode_one_key_worker";

    /// <summary>The current time, cut to microseconds as PostgreSQL stores it, so that an answer equals what is read later.</summary>
    public DateTimeOffset Now
    {
        get
        {
            var now = Clock.GetUtcNow();
            return new DateTimeOffset(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
        }
    }

    public static void Declare(StoreDeclaration store)
    {
        store.Column<Episode>(nameof(Episode.Pathway), "text")
            .Column<Episode>(nameof(Episode.PersonId))
            .Column<Episode>(nameof(Episode.Practice), "text")
            .Column<Episode>(nameof(Episode.Status), "text")
            .Column<Episode>(nameof(Episode.Organisations), "text[]")
            .Column<Episode>(nameof(Episode.HasKeyWorker))
            .Column<Episode>(nameof(Episode.EndedAt), notNull: false);
        store.Document<Episode>("episode")
            .Index([e => e.Pathway, e => e.PersonId], i =>
            {
                (i.Name, i.IsUnique) = (OneOpen, true);
                i.Predicate = "status = any (array['Proposed'::text, 'Active'::text])";
            })
            .Index(e => e.PersonId, i => (i.Name, i.IsUnique, i.Predicate) = (OneKeyWorker, true, "has_key_worker"))
            .Index(e => e.PersonId, i => i.Name = "mt_doc_episode_person")
            .Index([e => e.Practice, e => e.Id], i => i.Name = "mt_doc_episode_practice")
            .Index(e => e.Organisations, i => (i.Name, i.Method) = ("mt_doc_episode_organisations", IndexMethod.gin));
        store.Tables(
        [
            .. AdmissionTables.Of(store.Schema), .. ClockTables.Of(store.Schema), .. PersonTables.Of(store.Schema), KnownOrganisations.Table(store.Schema),
        ]);
    }

    /// <summary>Loads these persons' episodes in one of these states, in the order of their ids, and locks their rows until the save.</summary>
    public async Task<IReadOnlyList<Episode>> LockEpisodesAsync(Guid[] persons, EpisodeStatus[] states, CancellationToken ct)
    {
        await BeginAsync(ct);
        return await SelectAsync<Episode>("where d.person_id = any(?) and d.status = any(?) order by d.id for update", ct,
            persons, states.Select(s => s.ToString()).ToArray());
    }

    /// <summary>Saves one episode and returns it with its new version.</summary>
    public async Task<Episode> SaveAsync(Episode next, CancellationToken ct)
    {
        await WriteAsync([next], ct);
        await SaveChangesAsync(ct);
        return next with { Unpublished = [] };
    }

    /// <summary>Writes those episodes that are new or have been replaced since they were loaded.</summary>
    public Task WriteChangedAsync(IEnumerable<Episode> loaded, IEnumerable<Episode> current, CancellationToken ct) =>
        WriteAsync([.. current.Except<Episode>(loaded, ReferenceEqualityComparer.Instance)], ct);

    /// <summary>
    /// Writes new and changed episodes, their events and their clocks into the transaction. The document is written first: of two
    /// transactions that change one episode, the later waits for the row and is refused as stale before it writes clocks.
    /// </summary>
    public async Task WriteAsync(IReadOnlyCollection<Episode> episodes, CancellationToken ct)
    {
        foreach (var episode in episodes)
        {
            if (episode.Version == 0)
                Insert(episode);
            else
                Update(episode);
            foreach (var publish in episode.Unpublished)
                publish(this);
        }

        await FlushAsync(ct);
        await this.WriteClocksAsync(episodes, ct);
    }

    protected override Exception? Explain(string constraint) => constraint switch
    {
        OneKeyWorker => new RuleViolation(CarePathwaysProblems.KeyWorkerElsewhere, CarePathwaysProblems.KeyWorkerElsewhere.Explanation),
        OneOpen => new RuleViolation(CarePathwaysProblems.EpisodeAlreadyOpen, CarePathwaysProblems.EpisodeAlreadyOpen.Explanation),
        _ => null,
    };
}
