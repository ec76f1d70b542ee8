using IntegratedCare.Population.Events;
using IntegratedCare.Population.HighRisk;
using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Outbox;
using JasperFx;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IntegratedCare.Population.Stratifications;

/// <summary>
/// Processes stratification runs, one at a time, on the host that holds the advisory lock. A run's state is in its document:
/// after a crash, scoring starts again and publishing continues where it stopped.
/// </summary>
internal sealed partial class StratificationWorker(
    ModuleSessions<PopulationSession> sessions,
    RiskModelLibrary models,
    StratificationSignal signal,
    OutboxState outbox,
    IOptions<HighRiskRegisterOptions> options,
    TimeProvider clock,
    ILogger<StratificationWorker> log) : BackgroundService
{
    private const int MaxChanges = 1000;
    private const int MaxCharacters = 600_000;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ProcessQueueAsync(stoppingToken);
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

    private async Task ProcessQueueAsync(CancellationToken ct)
    {
        // Only the leading host, whose connections are closed if it freezes, and with them the lock.
        if (!outbox.Leads("population"))
            return;
        await using (var look = sessions.Open())
        {
            if (await NextAsync(look, ct) is null)
                return;
        }

        // Scoring runs on the connection that holds the lock: if it breaks, the work stops before another host begins. The lock belongs to the
        // connection, not to a transaction: a transaction as long as a run would hold back every reader that stops below the oldest one.
        await using var holder = sessions.Open();
        await using (var claim = await holder.CommandAsync("SELECT pg_try_advisory_lock(hashtext('population-stratification'))", ct))
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
                catch (Exception error) when (error is not ConcurrencyException && !ct.IsCancellationRequested)
                {
                    await FailAsync(run.Id, SafeError.Describe(error), ct);
                    throw;
                }
            }
        }
        finally
        {
            // A pooled connection stays open after a failure; the lock must not.
            await ReleaseAsync(holder);
        }
    }

    private async Task FailAsync(Guid id, string error, CancellationToken ct)
    {
        await using var session = sessions.Open();
        if (await session.FindAsync<StratificationRun>(id, ct) is not { } run)
            return;
        session.Update(run.Fail(error));
        await session.SaveChangesAsync(ct);
    }

    private static async Task ReleaseAsync(PopulationSession holder)
    {
        try
        {
            await holder.RollbackHeldAsync();
            await holder.ExecuteAsync("SELECT pg_advisory_unlock(hashtext('population-stratification'))", CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is closed, which released the lock.
        }
    }

    private static async Task<StratificationRun?> NextAsync(PopulationSession session, CancellationToken ct) =>
        (await session.SelectAsync<StratificationRun>("where d.state = any(?) order by d.id limit 1", ct,
            (object)new[] { StratificationRun.Queued, StratificationRun.Scoring, StratificationRun.Publishing })).FirstOrDefault();

    private async Task RunAsync(PopulationSession holder, StratificationRun run, CancellationToken ct)
    {
        var model = await models.ReadAsync(holder, run.Model, run.ModelVersion, ct);
        if (run.State != StratificationRun.Publishing)
        {
            run = await SaveAsync(holder, run.Start(clock.GetUtcNow()), ct);
            await StratificationSql.ScoreAsync(await holder.ConnectionAsync(ct), run, model, async step => run = await SaveAsync(holder, run.At(step), ct), ct);
            run = await SaveAsync(holder, run.At("comparing"), ct);
            run = await CompleteScoringAsync(run, ct);
        }

        while (run.State == StratificationRun.Publishing)
            run = await PublishSomeAsync(run, model, ct);
        await DropOldScoresAsync(run.Model, ct);
    }

    /// <summary>Stops a host that has lost the advisory lock: another host has saved the run since.</summary>
    private static async Task LockAsync(PopulationSession session, StratificationRun run, CancellationToken ct)
    {
        if (await session.LockAsync<StratificationRun>([run.Id], ct) is not [var stored] || stored.Version != run.Version)
            throw new ConcurrencyException(typeof(StratificationRun), run.Id);
    }

    private static async Task<StratificationRun> SaveAsync(PopulationSession session, StratificationRun next, CancellationToken ct)
    {
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return next;
    }

    /// <summary>
    /// A run's scores have one row per person, so those of old runs are dropped. While they are being read, they are kept until the next
    /// run.
    /// </summary>
    private async Task DropOldScoresAsync(string model, CancellationToken ct)
    {
        try
        {
            await using var session = sessions.Open();
            var old = await session.SelectAsync<StratificationRun>(
                "where d.model = ? and d.state = ? and d.scores_kept order by d.index_date desc, d.id desc offset ?", ct, model, StratificationRun.Completed,
                options.Value.KeepRuns);
            foreach (var run in old)
            {
                await StratificationSql.DropScoresAsync(session, run.Id, ct);
                session.Update(run.DropScores());
                await session.SaveChangesAsync(ct);
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            LogKept(log);
        }
    }

    /// <summary>Stores the scores, the changes and the registers in one transaction.</summary>
    private async Task<StratificationRun> CompleteScoringAsync(StratificationRun run, CancellationToken ct)
    {
        await using var session = sessions.Open();
        await LockAsync(session, run, ct);
        var connection = await session.ConnectionAsync(ct);
        var previous = (await session.SelectAsync<StratificationRun>(
            "where d.model = ? and d.data ->> 'scoredAt' is not null and d.scores_kept and d.index_date <= ? order by d.index_date desc, d.id desc limit 1", ct,
            run.Model, run.IndexDate)).FirstOrDefault()?.Id;
        var latest = (await session.SelectAsync<StratificationRun>(
            "where d.model = ? and d.data ->> 'scoredAt' is not null and d.index_date > ? limit 1", ct, run.Model, run.IndexDate)).Count == 0;

        await StratificationSql.AttachAsync(connection, run.Id, ct);
        await StratificationSql.CompareAsync(connection, run.Id, previous, ct);

        (long Proposed, long Withdrawn, long Ended) counts = default;
        var now = clock.GetUtcNow();
        if (latest && run.Model == options.Value.Model)
        {
            var today = LondonTime.DateOf(now);
            var (proposed, withdrawn, ended) = await HighRiskSql.UpdateRegistersAsync(connection, run.Id, Tiers.UpTo(options.Value.Tier), now, today, ct);
            await session.PublishDecisionsAsync(models, ended, today, ct);
            counts = (proposed, withdrawn, ended.Count);
        }

        return await SaveAsync(session, run.Scored(latest, previous, await StratificationSql.CountAsync(connection, run.Id, counts, ct), now), ct);
    }

    /// <summary>Publishes up to 1,000 changes and saves the position, in one transaction.</summary>
    private async Task<StratificationRun> PublishSomeAsync(StratificationRun run, RiskModel model, CancellationToken ct)
    {
        await using var session = sessions.Open();
        await LockAsync(session, run, ct);
        var descriptions = model.Features.ToDictionary(f => f.Code, f => f.Description, StringComparer.Ordinal);
        var changes = new List<TierChange>();
        var last = Guid.Empty;
        var characters = 0;
        var read = 0;
        await using (var select = await session.CommandAsync(
            """
            SELECT c.person_id, c.practice, w.locality, c.age, c.sex, c.features, c.tier, c.previous_tier, coalesce(c.score, 0)
            FROM population.risk_change c
            LEFT JOIN (
              SELECT DISTINCT ON (practice) practice, locality FROM population.practice_place
              WHERE from_date <= $3 AND (to_date IS NULL OR to_date > $3) ORDER BY practice, from_date DESC, locality) w ON w.practice = c.practice
            WHERE c.run_id = $1 AND c.person_id > $2 ORDER BY c.person_id LIMIT $4
            """, ct, run.Id, run.PublishedTo, run.IndexDate, MaxChanges))
        {
            await using var reader = await select.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                string[] conditions = [.. reader.GetFieldValue<string[]>(5).Select(f => descriptions[f])];
                characters += 250 + conditions.Sum(c => c.Length + 3);
                if (characters > MaxCharacters && changes.Count > 0)
                    Flush();
                last = reader.GetGuid(0);
                read++;
                changes.Add(new TierChange(
                    new PersonSummary(last, reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetInt32(3), reader.GetString(4),
                        conditions),
                    reader.IsDBNull(6) ? null : reader.GetString(6), reader.IsDBNull(7) ? null : reader.GetString(7), reader.GetDouble(8)));
            }
        }

        if (changes.Count > 0)
            Flush();
        return await SaveAsync(session, run.PublishedMore(last, read, moreToCome: read == MaxChanges, clock.GetUtcNow()), ct);

        void Flush()
        {
            session.Publish(new RiskStratified(run.Id, run.Model, run.ModelVersion, run.IndexDate, [.. changes]));
            changes.Clear();
            characters = 0;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Old risk scores are being read and were kept until the next run")]
    private static partial void LogKept(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "A stratification run stopped and will be tried again: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}
