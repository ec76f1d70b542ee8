using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Events;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IntegratedCare.Population.Features.Risk;

/// <summary>
/// Works off stratification runs, one at a time, on whichever host holds the advisory lock. A run's state is in its table:
/// one that a crash left unfinished is taken up again, scoring from the start, publishing from where it stopped.
/// </summary>
internal sealed partial class StratificationWorker(
    ModuleStorage<PopulationDb> storage,
    RiskModelStore models,
    StratificationSignal signal,
    IOptions<HighRiskRegisterOptions> options,
    TimeProvider clock,
    ILogger<StratificationWorker> log) : BackgroundService
{
    private const int MostFailures = 3;
    private const int MostChanges = 1000;
    private const int MostCharacters = 600_000;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WorkOffAsync(stoppingToken);
                await signal.WaitAsync(Poll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogFailed(log, SafeError.Describe(error));
                await Task.Delay(TimeSpan.FromSeconds(2), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WorkOffAsync(CancellationToken ct)
    {
        await using (var look = storage.Source.CreateCommand("SELECT EXISTS (SELECT 1 FROM population.stratification WHERE state IN ('queued', 'scoring', 'publishing'))"))
        {
            if (await look.ExecuteScalarAsync(ct) is not true)
                return;
        }

        // The work runs on the connection that holds the lock: should it break, the work stops before another host begins.
        await using var holder = await storage.Source.OpenConnectionAsync(ct);
        await using (var claim = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtext('population-stratification'))", holder))
        {
            if (await claim.ExecuteScalarAsync(ct) is not true)
                return;
        }

        try
        {
            while (await NextAsync(holder, ct) is { } run)
            {
                try
                {
                    await RunAsync(holder, run, ct);
                }
                catch (Exception error) when (!ct.IsCancellationRequested)
                {
                    await using var fail = storage.Source.CreateCommand(
                        "UPDATE population.stratification SET failures = failures + 1, error = $2, state = CASE WHEN failures + 1 >= $3 THEN 'failed' ELSE state END WHERE id = $1");
                    fail.Parameters.Add(new NpgsqlParameter { Value = run.Id });
                    fail.Parameters.Add(new NpgsqlParameter { Value = SafeError.Describe(error) });
                    fail.Parameters.Add(new NpgsqlParameter { Value = MostFailures });
                    await fail.ExecuteNonQueryAsync(ct);
                    throw;
                }
            }
        }
        finally
        {
            // The pooled connection outlives the failure; the lock must not.
            await ReleaseAsync(holder);
        }
    }

    private static async Task ReleaseAsync(NpgsqlConnection holder)
    {
        try
        {
            await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtext('population-stratification'))", holder);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone, and the lock with it.
        }
    }

    private static async Task<StratificationRun?> NextAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "SELECT id, seq, model, model_version, index_date, seed, state FROM population.stratification WHERE state IN ('queued', 'scoring', 'publishing') ORDER BY seq LIMIT 1", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new StratificationRun(reader.GetGuid(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt32(3), reader.GetFieldValue<DateOnly>(4), reader.GetInt64(5), reader.GetString(6))
            : null;
    }

    private async Task RunAsync(NpgsqlConnection holder, StratificationRun run, CancellationToken ct)
    {
        var model = await models.StoredAsync(holder, run.Model, run.ModelVersion, ct);
        if (run.State != "publishing")
        {
            // The attempt's number: a host that lost its lock without noticing finds that a later attempt has begun, and stops.
            await using var start = new NpgsqlCommand(
                """
                UPDATE population.stratification SET state = 'scoring', started_at = coalesce(started_at, $2), attempt = attempt + 1
                WHERE id = $1 AND state IN ('queued', 'scoring') RETURNING attempt
                """, holder)
            { Parameters = { new() { Value = run.Id }, new() { Value = clock.GetUtcNow() } } };
            if (await start.ExecuteScalarAsync(ct) is not int attempt)
                return;
            await StratificationSql.ScoreAsync(holder, run, model, step => StepAsync(holder, run.Id, step, ct), ct);
            await StepAsync(holder, run.Id, "comparing", ct);
            if (!await MakeKnownAsync(run, attempt, ct))
                return;
        }

        while (await PublishSomeAsync(run, model, ct))
        {
        }

        await DropOldScoresAsync(run.Model, ct);
    }

    /// <summary>A run's scores are as many rows as there are persons: those long superseded go. Somebody reading them makes it wait for the next run.</summary>
    private async Task DropOldScoresAsync(string model, CancellationToken ct)
    {
        var old = new List<Guid>();
        await using (var find = storage.Source.CreateCommand(
            "SELECT id FROM population.stratification WHERE model = $1 AND state = 'completed' AND scores_kept ORDER BY index_date DESC, seq DESC OFFSET $2"))
        {
            find.Parameters.Add(new NpgsqlParameter { Value = model });
            find.Parameters.Add(new NpgsqlParameter { Value = options.Value.KeepRuns });
            await using var reader = await find.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                old.Add(reader.GetGuid(0));
        }

        try
        {
            foreach (var run in old)
                await StratificationSql.DropScoresAsync(storage.Source, run, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            LogKept(log);
        }
    }

    private static async Task StepAsync(NpgsqlConnection connection, Guid run, string step, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("UPDATE population.stratification SET step = $2 WHERE id = $1", connection) { Parameters = { new() { Value = run }, new() { Value = step } } };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>One transaction: the scores, what changed, and the registers. False if there is nothing to publish.</summary>
    private async Task<bool> MakeKnownAsync(StratificationRun run, int attempt, CancellationToken ct)
    {
        await using var transaction = await storage.BeginAsync(ct);
        var connection = transaction.Connection;
        await using (var mine = new NpgsqlCommand("SELECT 1 FROM population.stratification WHERE id = $1 AND state = 'scoring' AND attempt = $2 FOR UPDATE", connection)
        {
            Parameters = { new() { Value = run.Id }, new() { Value = attempt } },
        })
        {
            if (await mine.ExecuteScalarAsync(ct) is null)
                return false;
        }

        Guid? previous = null;
        var latest = true;
        await using (var before = new NpgsqlCommand(
            """
            SELECT (SELECT id FROM population.stratification WHERE model = $1 AND scored_at IS NOT NULL AND scores_kept AND index_date <= $2 ORDER BY index_date DESC, seq DESC LIMIT 1),
                   NOT EXISTS (SELECT 1 FROM population.stratification WHERE model = $1 AND scored_at IS NOT NULL AND index_date > $2)
            """, connection)
        { Parameters = { new() { Value = run.Model }, new() { Value = run.IndexDate } } })
        {
            await using var reader = await before.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            previous = reader.IsDBNull(0) ? null : reader.GetGuid(0);
            latest = reader.GetBoolean(1);
        }

        await StratificationSql.AttachAsync(connection, run.Id, ct);
        await StratificationSql.CompareAsync(connection, run.Id, previous, ct);

        (long Proposed, long Withdrawn, long Ended) counts = default;
        var now = clock.GetUtcNow();
        if (latest && run.Model == options.Value.Model)
        {
            var today = LondonTime.DateOf(now);
            var (proposed, withdrawn, ended) = await HighRiskSql.FollowAsync(connection, run.Id, Tiers.UpTo(options.Value.Tier), now, today, ct);
            foreach (var told in await HighRiskSql.EventsAsync(connection, models, ended, today, ct))
                transaction.Publish(told);
            counts = (proposed, withdrawn, ended.Count);
        }

        var result = await StratificationSql.CountAsync(connection, run.Id, counts, ct);
        await using (var done = new NpgsqlCommand(
            """
            UPDATE population.stratification
            SET state = CASE WHEN $2 THEN 'publishing' ELSE 'completed' END, step = CASE WHEN $2 THEN 'publishing' END, latest = $2, previous_id = $3,
                scored_at = $4, finished_at = CASE WHEN NOT $2 THEN $4 END, result = $5::jsonb, error = NULL
            WHERE id = $1
            """, connection)
        {
            Parameters =
            {
                new() { Value = run.Id },
                new() { Value = latest },
                new() { Value = (object?)previous ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid },
                new() { Value = now },
                new() { Value = StratificationSql.Json(result) },
            },
        })
            await done.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return latest;
    }

    /// <summary>Publishes up to 1,000 changes and remembers how far it came, in one transaction. False when all are out.</summary>
    private async Task<bool> PublishSomeAsync(StratificationRun run, RiskModel model, CancellationToken ct)
    {
        await using var transaction = await storage.BeginAsync(ct);
        var connection = transaction.Connection;
        await using (var mine = new NpgsqlCommand("SELECT 1 FROM population.stratification WHERE id = $1 AND state = 'publishing' FOR UPDATE", connection) { Parameters = { new() { Value = run.Id } } })
        {
            if (await mine.ExecuteScalarAsync(ct) is null)
                return false;
        }

        var descriptions = model.Features.ToDictionary(f => f.Code, f => f.Description, StringComparer.Ordinal);
        var changes = new List<TierChange>();
        var last = Guid.Empty;
        var characters = 0;
        var read = 0;
        await using (var select = new NpgsqlCommand(
            """
            SELECT c.person_id, c.practice, w.locality, c.age, c.sex, c.features, c.tier, c.previous_tier, coalesce(c.score, 0)
            FROM population.stratification s
            JOIN population.risk_change c ON c.run_id = s.id AND c.person_id > s.published_to
            LEFT JOIN (
              SELECT DISTINCT ON (practice) practice, locality FROM population.practice_place
              WHERE from_date <= $2 AND (to_date IS NULL OR to_date > $2) ORDER BY practice, from_date DESC, locality) w ON w.practice = c.practice
            WHERE s.id = $1 ORDER BY c.person_id LIMIT $3
            """, connection)
        { Parameters = { new() { Value = run.Id }, new() { Value = run.IndexDate }, new() { Value = MostChanges } } })
        {
            await using var reader = await select.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                string[] conditions = [.. reader.GetFieldValue<string[]>(5).Select(f => descriptions[f])];
                characters += 250 + conditions.Sum(c => c.Length + 3);
                if (characters > MostCharacters && changes.Count > 0)
                    Flush();
                last = reader.GetGuid(0);
                read++;
                changes.Add(new TierChange(
                    new PersonSummary(last, reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetInt32(3), reader.GetString(4), conditions),
                    reader.IsDBNull(6) ? null : reader.GetString(6), reader.IsDBNull(7) ? null : reader.GetString(7), reader.GetDouble(8)));
            }
        }

        if (changes.Count > 0)
            Flush();
        var more = read == MostChanges;
        await using (var mark = new NpgsqlCommand(
            """
            UPDATE population.stratification
            SET published_to = CASE WHEN $3 = 0 THEN published_to ELSE $2 END, published = published + $3,
                state = CASE WHEN $4 THEN state ELSE 'completed' END, step = CASE WHEN $4 THEN step END, finished_at = CASE WHEN $4 THEN finished_at ELSE $5 END
            WHERE id = $1
            """, connection)
        {
            Parameters = { new() { Value = run.Id }, new() { Value = last }, new() { Value = read }, new() { Value = more }, new() { Value = clock.GetUtcNow() } },
        })
            await mark.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return more;

        void Flush()
        {
            transaction.Publish(new RiskStratified(run.Id, run.Model, run.ModelVersion, run.IndexDate, [.. changes]));
            changes.Clear();
            characters = 0;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Old risk scores are being read and were kept until the next run")]
    private static partial void LogKept(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "A stratification run stopped and will be tried again: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}
