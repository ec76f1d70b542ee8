using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.CarePathways.Clocks;

/// <summary>A clock with its episode's reference and holder.</summary>
internal sealed record ListedClock(ClockRun Clock, EpisodeRef Episode, Baton Holder);

/// <summary>Clocks as last computed from their episode, to be listed by due time.</summary>
internal static class ClockTables
{
    /// <summary>Sorts clocks without a due time last.</summary>
    public static readonly DateTimeOffset Never = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const string Columns = "c.episode_id, c.clock, c.number, c.started_at, c.due_at, c.stopped_at, c.paused, c.breached_at";

    public static IEnumerable<Table> Of(string schema) =>
    [
        ModuleTables.Table(schema, "clock")
            .With("episode_id uuid not null", "clock text not null", "number int not null", "started_at timestamptz not null", "due_at timestamptz",
                "stopped_at timestamptz", "paused boolean not null", "breached_at timestamptz")
            .Key("episode_id", "clock", "number")
            .Index("clock_due", ["due_at", "episode_id"], where: "stopped_at is null"),
    ];

    /// <summary>Replaces the rows of the episodes whose clocks were computed. The caller holds the episodes' row locks.</summary>
    public static async Task WriteClocksAsync(this CarePathwaysSession session, IReadOnlyCollection<Episode> episodes, CancellationToken ct)
    {
        var computed = episodes.Where(e => e.Clocks is not null).ToList();
        if (computed.Count == 0)
            return;
        var rows = computed.SelectMany(e => e.Clocks!, (e, c) => (Episode: e.Id, Clock: c)).ToList();
        await session.ExecuteAsync(
            """
            WITH computed AS (
              SELECT * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) AS n (episode_id, clock, number, started_at, due_at, stopped_at, paused, breached_at)
            ), gone AS (
              DELETE FROM care_pathways.clock c WHERE c.episode_id = ANY($1)
              AND NOT EXISTS (SELECT FROM computed n WHERE n.episode_id = c.episode_id AND n.clock = c.clock AND n.number = c.number)
            )
            INSERT INTO care_pathways.clock AS c (episode_id, clock, number, started_at, due_at, stopped_at, paused, breached_at)
            SELECT * FROM computed
            ON CONFLICT (episode_id, clock, number) DO UPDATE SET started_at = excluded.started_at, due_at = excluded.due_at,
              stopped_at = excluded.stopped_at, paused = excluded.paused, breached_at = excluded.breached_at
            WHERE (c.started_at, c.due_at, c.stopped_at, c.paused, c.breached_at)
              IS DISTINCT FROM (excluded.started_at, excluded.due_at, excluded.stopped_at, excluded.paused, excluded.breached_at)
            """, ct,
            computed.Select(e => e.Id).ToArray(),
            rows.Select(r => r.Episode).ToArray(), rows.Select(r => r.Clock.Clock).ToArray(), rows.Select(r => r.Clock.Number).ToArray(),
            rows.Select(r => r.Clock.StartedAt).ToArray(), Timestamps(rows.Select(r => r.Clock.DueAt)), Timestamps(rows.Select(r => r.Clock.StoppedAt)),
            rows.Select(r => r.Clock.Paused).ToArray(), Timestamps(rows.Select(r => r.Clock.BreachedAt)));
    }

    /// <summary>The episodes of the clocks that have run out and are not recorded as breached, the longest overdue first.</summary>
    public static async Task<IReadOnlyList<Guid>> ListOverdueAsync(this CarePathwaysSession session, DateTimeOffset now, int max, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            """
            SELECT episode_id FROM care_pathways.clock WHERE stopped_at IS NULL AND breached_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2
            """, ct, now, max);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var episodes = new List<Guid>();
        while (await reader.ReadAsync(ct))
            episodes.Add(reader.GetGuid(0));
        return episodes;
    }

    /// <summary>The clocks of these episodes.</summary>
    public static async Task<ILookup<Guid, ClockRun>> ClocksOfAsync(this CarePathwaysSession session, IEnumerable<Guid> episodes, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            $"SELECT {Columns} FROM care_pathways.clock c WHERE c.episode_id = ANY($1)", ct, episodes.ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        var clocks = new List<(Guid Episode, ClockRun Clock)>();
        while (await reader.ReadAsync(ct))
            clocks.Add((reader.GetGuid(0), Read(reader)));
        return clocks.ToLookup(c => c.Episode, c => c.Clock);
    }

    /// <summary>The clocks (<c>c</c>) of episodes (<c>d</c>) that match a filter, by due time.</summary>
    public static async Task<IReadOnlyList<ListedClock>> ListClocksAsync(this CarePathwaysSession session, SqlFilter filter, int take, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            $"""
            SELECT {Columns}, d.pathway, (d.data ->> 'pathwayVersion')::int, d.person_id, d.practice, d.data ->> 'locality',
              d.data -> 'baton' ->> 'organisation', d.data -> 'baton' ->> 'role'
            FROM care_pathways.clock c JOIN care_pathways.mt_doc_episode d ON d.id = c.episode_id
            {filter.ForCommand}
            ORDER BY coalesce(c.due_at, '{Instants.Format(Never)}'), c.episode_id, c.clock, c.number
            LIMIT {take}
            """, ct, filter.Values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var clocks = new List<ListedClock>();
        while (await reader.ReadAsync(ct))
        {
            var episode = new EpisodeRef(
                reader.GetGuid(0), reader.GetString(8), reader.GetInt32(9), reader.GetGuid(10), reader.GetString(11),
                reader.IsDBNull(12) ? null : reader.GetString(12));
            clocks.Add(new ListedClock(Read(reader), episode, new Baton(reader.GetString(13), reader.GetString(14))));
        }

        return clocks;
    }

    private static ClockRun Read(NpgsqlDataReader reader)
    {
        return new ClockRun(reader.GetString(1), reader.GetInt32(2), reader.GetFieldValue<DateTimeOffset>(3), At(4), At(5), reader.GetBoolean(6), At(7));

        DateTimeOffset? At(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
    }

    private static NpgsqlParameter Timestamps(IEnumerable<DateTimeOffset?> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };
}
