using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>Whose organisation may do an act.</summary>
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

/// <summary>Which episodes the caller may see by the access table, and which acts their organisation's part in one allows.</summary>
internal sealed class EpisodeAccess(CarePathwaysSession session, PathwayCatalogue pathways, AccessContext caller)
{
    private static readonly string[] Possible = [Relationships.RegisteredPractice, Relationships.ActiveEpisode, Relationships.RecentCare];

    public Actor Actor
    {
        get
        {
            var user = caller.RequireActingUser();
            return new Actor(caller.Organisation, user.Name, user.Role, user.Registration);
        }
    }

    /// <summary>Refuses a caller who may see no episode in any relationship.</summary>
    public void RequireDisclosure() => AccessTable.RequireIdentifiable(caller, Possible);

    /// <summary>An episode the caller may see; 404 otherwise.</summary>
    public async Task<Episode> LoadAsync(Guid id, CancellationToken ct)
    {
        RequireDisclosure();
        return await session.FindAsync<Episode>(id, ct) is { } episode && MaySee(episode) ? episode : throw Problems.Missing();
    }

    /// <summary>An episode to act on, in the version the caller names, with the definition it runs on.</summary>
    public async Task<(Episode Episode, PathwayDefinition Definition)> LoadForActAsync(Guid id, Part part, IfMatch ifMatch, CancellationToken ct)
    {
        var episode = await LoadAsync(id, ct);
        caller.RequireOrganisation(part switch
        {
            Part.Practice => [episode.Practice],
            Part.Holder => [episode.Baton.Organisation],
            Part.Receiver => [episode.Offer is { } offer ? offer.Organisation : episode.Baton.Organisation],
            _ => (string?[])
            [
                episode.Practice, episode.Baton.Organisation, episode.Partner, .. episode.Team.Where(m => m.To is null).Select(m => m.Organisation),
            ],
        });
        ifMatch.Check(episode.Version);
        return (episode, pathways.Of(episode));
    }

    /// <summary>The register's kind of an organisation; null if it is not registered.</summary>
    public async Task<string?> KindOfAsync(string organisation, CancellationToken ct) =>
        (await session.OrganisationsAsync([organisation], ct)).GetValueOrDefault(organisation)?.Kind
        ?? (organisation == caller.Organisation ? caller.Kind : null);

    /// <summary>The SQL filter of the episodes (<c>d</c>) that <see cref="MaySee"/> allows.</summary>
    public SqlFilter Visible()
    {
        RequireDisclosure();
        var filter = new SqlFilter();
        if (Discloses(Relationships.None))
            return filter;
        var (organisation, yearAgo) = (caller.Organisation, session.Now.AddYears(-1));
        var asPractice = Discloses(Relationships.RegisteredPractice);
        var (inTeam, recent) = (Discloses(Relationships.ActiveEpisode), Discloses(Relationships.RecentCare));
        return filter.And(
            $"""
            (({asPractice} and d.practice = {organisation})
              or ({inTeam} and d.organisations @> array[{organisation}]::text[] and d.ended_at is null)
              or ({recent} and d.organisations @> array[{organisation}]::text[] and d.ended_at > {yearAgo}))
            """);
    }

    public bool MaySee(Episode episode) => AccessTable.Decide(caller.Kind, caller.Purpose, RelationshipsTo(episode)) == Disclosure.Identifiable;

    private bool Discloses(string relationship) => AccessTable.Decide(caller.Kind, caller.Purpose, relationship) == Disclosure.Identifiable;

    private IEnumerable<string> RelationshipsTo(Episode episode)
    {
        if (episode.Practice == caller.Organisation)
            yield return Relationships.RegisteredPractice;
        if (!episode.Organisations.Contains(caller.Organisation))
            yield break;
        if (episode.EndedAt is null)
            yield return Relationships.ActiveEpisode;
        else if (episode.EndedAt > session.Now.AddYears(-1))
            yield return Relationships.RecentCare;
    }
}
