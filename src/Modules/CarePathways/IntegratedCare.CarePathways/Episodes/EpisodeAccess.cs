using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.CarePathways.Features;

/// <summary>Who may do an act.</summary>
internal enum Part
{
    /// <summary>The practice the person is registered with.</summary>
    Practice,

    /// <summary>The organisation that holds the baton.</summary>
    Holder,

    /// <summary>The practice, the holder, the partner and every organisation in the team.</summary>
    Team,

    /// <summary>The organisation a handover was offered to.</summary>
    Receiver,
}

/// <summary>How every endpoint comes to an episode: through the access table, the audit trail, <c>If-Match</c> and the caller's part.</summary>
internal sealed class EpisodeDesk(CarePathwaysDb db, PathwayCatalogue pathways, AccessContext access)
{
    private static readonly string[] Possible = [Relationships.RegisteredPractice, Relationships.ActiveEpisode, Relationships.RecentCare];

    /// <summary>To the microsecond, as PostgreSQL keeps it.</summary>
    public DateTimeOffset Now { get; } = ToMicroseconds(db.Clock.GetUtcNow());

    public DateOnly Today => LondonTime.DateOf(Now);

    public Actor Actor => Of(access.Organisation, access.RequireActingUser());

    /// <summary>Loads an episode the caller may see; else it does not exist for them.</summary>
    public async Task<Episode> FindAsync(Guid id, CancellationToken ct)
    {
        AccessTable.RequireIdentifiable(access, Possible);
        var episode = await db.Episodes.Include(e => e.ClockRows).SingleOrDefaultAsync(e => e.Id == id, ct);
        return episode is not null && AccessTable.Decide(access.Kind, access.Purpose, RelationshipsTo(episode)) == Disclosure.Identifiable
            ? episode : throw Problems.Missing();
    }

    /// <summary>Loads an episode to act on, with the definition it runs on.</summary>
    public async Task<(Episode Episode, PathwayDefinition Definition)> OpenAsync(Guid id, IfMatch ifMatch, Part part, CancellationToken ct)
    {
        var episode = await FindAsync(id, ct);
        var document = episode.Document;
        switch (part)
        {
            case Part.Practice:
                access.RequireOrganisation(episode.Practice);
                break;
            case Part.Holder:
                access.RequireOrganisation(document.Baton.Organisation);
                break;
            case Part.Receiver:
                access.RequireOrganisation(document.Offer is { } offer ? offer.Organisation : document.Baton.Organisation);
                break;
            default:
                access.RequireOrganisation([episode.Practice, document.Baton.Organisation, document.Partner, .. document.Team.Where(m => m.To is null).Select(m => m.Organisation)]);
                break;
        }

        ifMatch.Check(episode.Version);
        return (episode, pathways.Of(episode));
    }

    /// <summary>The register's kind of an organisation; null if it is not registered.</summary>
    public async Task<string?> KindOfAsync(string organisation, CancellationToken ct) =>
        await db.Organisations.Where(o => o.Code == organisation).Select(o => o.Kind).SingleOrDefaultAsync(ct)
        ?? (organisation == access.Organisation ? access.Kind : null);

    public async Task<OkVersioned<EpisodeView>> SaveAsync(HttpContext http, Episode episode, CancellationToken ct)
    {
        // The episode first, its clocks after: the order in which the reactions and the clock watch lock them.
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        await db.Database.ExecuteSqlAsync($"SELECT FROM care_pathways.episode WHERE id = {episode.Id} FOR UPDATE", ct);
        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
        return await ShowAsync(http, episode, ct);
    }

    public async Task<OkVersioned<EpisodeView>> ShowAsync(HttpContext http, Episode episode, CancellationToken ct)
    {
        await db.AuditReadAsync(http, [episode.PersonId], 1, ct);
        var names = await NamesAsync([episode.Practice], ct);
        return Answers.Ok(EpisodeView.Of(episode, names.GetValueOrDefault(episode.Practice)), episode.Version);
    }

    public Task<Dictionary<string, string>> NamesAsync(IEnumerable<string> codes, CancellationToken ct)
    {
        var wanted = codes.Distinct().ToArray();
        return db.Organisations.Where(o => wanted.Contains(o.Code)).ToDictionaryAsync(o => o.Code, o => o.DisplayName, ct);
    }

    /// <summary>The episodes the caller may list; refuses who may see none whatever the relationship.</summary>
    public IQueryable<Episode> Visible()
    {
        AccessTable.RequireIdentifiable(access, Possible);
        if (Sees(Relationships.None))
            return db.Episodes;
        var organisation = access.Organisation;
        var (asPractice, asTeam, asRecent) = (Sees(Relationships.RegisteredPractice), Sees(Relationships.ActiveEpisode), Sees(Relationships.RecentCare));
        var yearAgo = Now.AddYears(-1);
        return db.Episodes.Where(e =>
            (asPractice && e.Practice == organisation)
            || (asTeam && e.Organisations.Contains(organisation) && e.EndedAt == null)
            || (asRecent && e.Organisations.Contains(organisation) && e.EndedAt > yearAgo));

        bool Sees(string relationship) => AccessTable.Decide(access.Kind, access.Purpose, relationship) == Disclosure.Identifiable;
    }

    private static Actor Of(string organisation, ActingUser user) => new(organisation, user.Name, user.Role, user.Registration);

    private static DateTimeOffset ToMicroseconds(DateTimeOffset instant) => new(instant.UtcTicks - instant.UtcTicks % 10, TimeSpan.Zero);

    private IEnumerable<string> RelationshipsTo(Episode episode)
    {
        if (episode.Practice == access.Organisation)
            yield return Relationships.RegisteredPractice;
        if (!episode.Organisations.Contains(access.Organisation))
            yield break;
        if (episode.EndedAt is null)
            yield return Relationships.ActiveEpisode;
        else if (episode.EndedAt > Now.AddYears(-1))
            yield return Relationships.RecentCare;
    }
}

/// <summary>An episode as its team sees it.</summary>
internal sealed record EpisodeView(
    Guid Id,
    long Version,
    string Pathway,
    int PathwayVersion,
    Guid PersonId,
    string Practice,
    string? PracticeName,
    string? Locality,
    EpisodeStatus Status,
    string Stage,
    string Reason,
    string? Tier,
    DateTimeOffset ProposedAt,
    DateTimeOffset? DueAt,
    Baton Baton,
    BatonOffer? Handover,
    string? Partner,
    KeyWorker? KeyWorker,
    IReadOnlyList<TeamMember> Team,
    IReadOnlyList<AssessmentView> Assessments,
    IReadOnlyList<Meeting> Meetings,
    CarePlan? Plan,
    IReadOnlyList<CarePlan> EarlierPlans,
    IReadOnlyList<PlanReview> Reviews,
    IReadOnlyList<AdmissionView> Admissions,
    EndingView? Ending,
    IReadOnlyList<HistoryEntry> History)
{
    public static EpisodeView Of(Episode e, string? practiceName) => new(
        e.Id, e.Version, e.Pathway, e.PathwayVersion, e.PersonId, e.Practice, practiceName, e.Locality, e.Status, e.Stage, e.Document.Reason, e.Document.Tier,
        e.ProposedAt, e.DueAt, e.Document.Baton, e.Document.Offer, e.Document.Partner, e.Document.KeyWorker, e.Document.Team,
        [.. e.Document.Assessments.Select(a => new AssessmentView(a.Id, a.Kind, a.Date, a.Findings, a.By, a.Organisation, a.RecordedAt, a.Corrects, a.Corrected))],
        e.Document.Meetings, e.Document.Plans is [.., var plan] ? plan : null, [.. e.Document.Plans.SkipLast(1)], e.Document.Reviews,
        [.. e.Document.Admissions.Where(a => !a.Cancelled).OrderBy(a => a.Start).Select(a => new AdmissionView(a.Start, a.End, a.Provider))],
        e.Document.Ending is { } ending ? new EndingView(ending.Outcome, ending.On, ending.At) : null, e.Document.History);
}

/// <param name="Corrected">Replaced by a later record.</param>
internal sealed record AssessmentView(
    Guid Id, string Kind, DateOnly Date, string Findings, Assessor By, string Organisation, DateTimeOffset RecordedAt, Guid? Corrects, bool Corrected);

/// <summary>An emergency admission while the episode was open.</summary>
internal sealed record AdmissionView(DateTimeOffset Start, DateTimeOffset? End, string? Provider);

internal sealed record EndingView(string Outcome, DateOnly On, DateTimeOffset At);
