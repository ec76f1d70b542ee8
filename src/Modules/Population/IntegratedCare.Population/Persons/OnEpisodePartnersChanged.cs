using IntegratedCare.CarePathways.Events;
using IntegratedCare.Shared.Outbox;
using Npgsql;

namespace IntegratedCare.Population.Persons;

/// <summary>Keeps the organisations that take part in open episodes: they may see the person for care. The latest event of an episode counts.</summary>
internal sealed class OnEpisodePartnersChanged : Reaction<EpisodePartnersChanged, PopulationSession>
{
    protected override async Task ApplyAsync(PopulationSession session, IReadOnlyList<Delivered<EpisodePartnersChanged>> run, CancellationToken ct)
    {
        var latest = run.Select(d => d.Event).GroupBy(e => e.Episode.EpisodeId).Select(g => g.Last()).ToList();
        var partners = latest.SelectMany(e => e.Organisations.Distinct().Select(o => (e.Episode.EpisodeId, Organisation: o, e.Episode.PersonId))).ToList();
        await using var batch = new NpgsqlBatch(await session.ConnectionAsync(ct))
        {
            BatchCommands =
            {
                new("DELETE FROM population.episode_partner WHERE episode_id = ANY ($1)")
                {
                    Parameters = { new() { Value = latest.Select(e => e.Episode.EpisodeId).ToArray() } },
                },
                new("INSERT INTO population.episode_partner (episode_id, organisation, person_id) SELECT * FROM unnest($1, $2, $3)")
                {
                    Parameters =
                    {
                        new() { Value = partners.Select(p => p.EpisodeId).ToArray() },
                        new() { Value = partners.Select(p => p.Organisation).ToArray() },
                        new() { Value = partners.Select(p => p.PersonId).ToArray() },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }
}
