using System.Security.Cryptography;
using System.Text;
using IntegratedCare.Population.Events;
using IntegratedCare.Population.Persons;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IntegratedCare.Population.RegisterCounts;

/// <summary>
/// Counts person-days by practice, month, sex, age band and deprivation for the practices whose list has changed, and
/// publishes the counts that differ. One host at a time; after each count it pauses four times as long as it took.
/// </summary>
internal sealed partial class RegisterCounter(
    ModuleSessions<PopulationSession> sessions, PersonLoader persons, OutboxState outbox, TimeProvider clock, ILogger<RegisterCounter> log) : BackgroundService
{
    /// <summary>Months before the present one that are counted.</summary>
    public const int MonthsBack = 26;
    private const int RowsPerEvent = 3000;
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        DateOnly? counted = null;
        var last = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            try
            {
                // The leading host counts. It waits for a bulk load, so as not to count twice.
                if (outbox.Leads("population") && (!persons.IsLoading || clock.GetElapsedTime(last) > MaxWait))
                {
                    last = started;
                    var month = FirstOfMonth(LondonTime.Today(clock));
                    if (counted != month)
                        await MarkAllAsync(month, stoppingToken);
                    counted = month;
                    await CountAsync(stoppingToken);
                }
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException && !stoppingToken.IsCancellationRequested)
            {
                LogFailed(log, SafeError.Describe(e));
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var pause = clock.GetElapsedTime(started) * 4;
                await Task.Delay(pause > TimeSpan.FromSeconds(0.5) ? pause : TimeSpan.FromSeconds(0.5), stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>When a month begins, marks every practice.</summary>
    private async Task MarkAllAsync(DateOnly month, CancellationToken ct)
    {
        await using var session = sessions.Open();
        await session.ExecuteAsync(
            """
            INSERT INTO population.register_dirty
            SELECT DISTINCT practice FROM population.register_count c
            WHERE NOT EXISTS (SELECT FROM population.register_count n WHERE n.practice = c.practice AND n.month = $1)
            ON CONFLICT DO NOTHING
            """, ct, month);
    }

    internal async Task CountAsync(CancellationToken ct)
    {
        await using var session = sessions.Open();
        var connection = await session.BeginAsync(ct);
        var (practices, marks) = (new List<string>(), new List<string>());
        await using (var look = new NpgsqlCommand("SELECT practice, xmin::text FROM population.register_dirty", connection))
        {
            await using var reader = await look.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                practices.Add(reader.GetString(0));
                marks.Add(reader.GetString(1));
            }
        }

        if (practices.Count == 0)
            return;
        var to = FirstOfMonth(LondonTime.Today(clock));
        var counts = await ReadCountsAsync(connection, [.. practices], to.AddMonths(-MonthsBack), to, ct);
        // After the counting, so that marking a practice does not wait for it. A practice marked meanwhile stays marked.
        await using (var take = new NpgsqlCommand(
            """
            WITH counted AS (
              SELECT d.practice FROM population.register_dirty d JOIN unnest($1, $2) AS c (practice, mark) ON d.practice = c.practice AND d.xmin::text = c.mark
              ORDER BY d.practice FOR UPDATE OF d)
            DELETE FROM population.register_dirty d USING counted c WHERE d.practice = c.practice
            """, connection)
        { Parameters = { new() { Value = practices.ToArray() }, new() { Value = marks.ToArray() } } })
            await take.ExecuteNonQueryAsync(ct);
        await PublishAsync(session, counts, ct);
        await session.SaveChangesAsync(ct);
    }

    private static async Task<List<Counted>> ReadCountsAsync(NpgsqlConnection connection, string[] practices, DateOnly from, DateOnly to, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH spans AS (
              SELECT practice, registered_from AS from_date, NULL::date AS to_date, birth_date, sex, imd_decile, death_date FROM population.person
                WHERE practice = ANY($1)
              UNION ALL
              SELECT h.practice, h.from_date, h.to_date, p.birth_date, p.sex, p.imd_decile, p.death_date
              FROM population.registration h JOIN population.person p ON p.id = h.person_id WHERE h.practice = ANY($1)),
            month AS (SELECT generate_series($2::date, $3::date, interval '1 month')::date AS month),
            area AS MATERIALIZED (
              SELECT practice.practice, m.month, l.locality, l.place, l.system
              FROM unnest($1) AS practice (practice) CROSS JOIN month m LEFT JOIN LATERAL (
                SELECT locality, place, system FROM population.practice_place p
                WHERE p.practice = practice.practice AND p.from_date < m.month + interval '1 month' AND (p.to_date IS NULL OR m.month < p.to_date)
                ORDER BY p.from_date DESC, p.locality LIMIT 1) l ON true),
            days AS (
              SELECT s.practice, m.month, s.sex, s.imd_decile,
                least(greatest(extract(year FROM age(m.month, s.birth_date))::int, 0) / 5, 18) AS band,
                least(m.month + interval '1 month', s.to_date, s.death_date)::date - greatest(m.month, s.from_date, s.birth_date) AS days
              FROM spans s CROSS JOIN month m)
            SELECT practice, month, area.locality, area.place, area.system, c.sex, c.band, c.imd_decile, c.days
            FROM (SELECT practice, month, sex, band, imd_decile, sum(days)::bigint AS days FROM days WHERE days > 0 GROUP BY 1, 2, 3, 4, 5) c
            JOIN area USING (practice, month)
            ORDER BY practice, month, c.sex, c.band, c.imd_decile
            """, connection)
        {
            CommandTimeout = 600,
            Parameters = { new() { Value = practices }, new() { Value = from }, new() { Value = to } },
        };
        var counted = practices.SelectMany(p => Months(from, to).Select(m => (Practice: p, Month: m)))
            .ToDictionary(k => k, k => new Counted(k.Practice, k.Month));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var month = counted[(reader.GetString(0), reader.GetFieldValue<DateOnly>(1))];
            month.Locality = reader.IsDBNull(2) ? null : reader.GetString(2);
            month.Place = reader.IsDBNull(3) ? null : reader.GetString(3);
            month.System = reader.IsDBNull(4) ? null : reader.GetString(4);
            month.Rows.Add(new RegisterCount(reader.GetString(5), AgeBand(reader.GetInt32(6)), reader.IsDBNull(7) ? null : reader.GetInt16(7),
                reader.GetInt64(8)));
        }

        return [.. counted.Values];
    }

    private static async Task PublishAsync(PopulationSession session, List<Counted> counts, CancellationToken ct)
    {
        var changed = new HashSet<(string, DateOnly)>();
        var versions = new Dictionary<(string, DateOnly), long>();
        await using (var command = new NpgsqlCommand(
            """
            INSERT INTO population.register_count AS c (practice, month, version, digest)
            SELECT practice, month, nextval('population.register_count_version'), digest FROM unnest($1, $2, $3) AS n (practice, month, digest)
            ON CONFLICT (practice, month) DO UPDATE SET version = excluded.version, digest = excluded.digest WHERE c.digest <> excluded.digest
            RETURNING practice, month, version
            """, await session.ConnectionAsync(ct))
        {
            Parameters =
            {
                new() { Value = counts.ConvertAll(c => c.Practice).ToArray() },
                new() { Value = counts.ConvertAll(c => c.Month).ToArray() },
                new() { Value = counts.ConvertAll(c => c.Digest()).ToArray() },
            },
        })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                versions[(reader.GetString(0), reader.GetFieldValue<DateOnly>(1))] = reader.GetInt64(2);
        }

        changed.UnionWith(versions.Keys);
        var together = new List<PracticeMonth>();
        var rows = 0;
        foreach (var count in counts.Where(c => changed.Contains((c.Practice, c.Month))))
        {
            together.Add(new PracticeMonth(count.Practice, count.Locality, count.Place, count.System, count.Month, versions[(count.Practice, count.Month)],
                count.Rows));
            rows += count.Rows.Count + 1;
            if (rows >= RowsPerEvent)
            {
                session.Publish(new RegisterCounted([.. together]));
                together.Clear();
                rows = 0;
            }
        }

        if (together.Count > 0)
            session.Publish(new RegisterCounted([.. together]));
    }

    private static string AgeBand(int band) => band == 18 ? "90+" : $"{band * 5}-{band * 5 + 4}";

    private static DateOnly FirstOfMonth(DateOnly day) => new(day.Year, day.Month, 1);

    private static IEnumerable<DateOnly> Months(DateOnly from, DateOnly to)
    {
        for (var month = from; month <= to; month = month.AddMonths(1))
            yield return month;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Counting the register failed and is tried again: {Error}")]
    private static partial void LogFailed(ILogger log, string error);

    private sealed class Counted(string practice, DateOnly month)
    {
        public string Practice => practice;
        public DateOnly Month => month;
        public string? Locality { get; set; }
        public string? Place { get; set; }
        public string? System { get; set; }
        public List<RegisterCount> Rows { get; } = [];

        /// <summary>Differs when a count differs.</summary>
        public string Digest()
        {
            var text = new StringBuilder($"{Locality}|{Place}|{System}");
            foreach (var row in Rows)
                text.Append(";").Append(row.Sex).Append(row.AgeBand).Append(row.ImdDecile).Append('=').Append(row.PersonDays);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 12));
        }
    }
}
