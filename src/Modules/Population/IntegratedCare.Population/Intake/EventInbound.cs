using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using IntegratedCare.Population.Domain;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Shared.Storage;
using Microsoft.Extensions.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Population.Storage;

/// <summary>
/// Stores posted events. Posts that arrive together share a commit, and none is acknowledged before it: what waits is
/// gathered, never timed. A few are stored, and the outbox told of them, by one statement; many by binary COPY.
/// </summary>
internal sealed class EventInbound(ModuleStorage<PopulationDb> storage, OutboxSignal signal, TimeProvider clock) : BackgroundService
{
    /// <summary>Events stored by one statement at most.</summary>
    public const int MostTogether = 1000;

    private const int Writers = 2;

    /// <summary>From here on COPY's further round trips cost less than arrays do.</summary>
    private const int ManyTogether = 150;

    /// <summary>
    /// Once events wait longer than this to be applied, on whichever host, acknowledgements slow down: by so much a gathering
    /// for each second more, until as many are taken as are applied. Slowed, not stopped: should nobody apply, events are still taken.
    /// </summary>
    private static readonly TimeSpan MostBehind = TimeSpan.FromSeconds(1);
    private const double SlowedBySecond = 0.04;
    private static readonly TimeSpan MostSlowed = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly Channel<Post> _posts = Channel.CreateBounded<Post>(new BoundedChannelOptions(4096) { SingleReader = false });

    /// <summary>Stores the events; true for each that is new, false for each that had been posted before.</summary>
    public async Task<bool[]> StoreAsync(IReadOnlyList<CareEvent> events, string clientId, CancellationToken ct)
    {
        if (events.Count == 0)
            return [];
        var post = new Post(events, clientId, new TaskCompletionSource<bool[]>(TaskCreationOptions.RunContinuationsAsynchronously));
        await _posts.Writer.WriteAsync(post, ct);
        return await post.Done.Task;
    }

    /// <summary>The identity of a CloudEvent: the same source and id always give the same key.</summary>
    public static Guid KeyOf(string source, string id)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{id}"), hash);
        return new Guid(hash[..16]);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() => WriteLoopAsync(stoppingToken), CancellationToken.None)));

    private async Task WriteLoopAsync(CancellationToken ct)
    {
        var together = new List<Post>();
        var looked = clock.GetTimestamp();
        var slowed = TimeSpan.Zero;
        // Kept between gatherings: taking one from the pool each time makes the server reset it first.
        NpgsqlConnection? connection = null;
        try
        {
            while (await _posts.Reader.WaitToReadAsync(ct))
            {
                var count = 0;
                while (count < MostTogether && _posts.Reader.TryRead(out var post))
                {
                    together.Add(post);
                    count += post.Events.Count;
                }

                if (together.Count == 0)
                    continue;
                connection = await WriteAsync(connection, together);
                together.Clear();
                if (clock.GetElapsedTime(looked) >= LookEvery)
                {
                    slowed = Slowed(await WaitingAsync(ct));
                    looked = clock.GetTimestamp();
                }

                if (slowed > TimeSpan.Zero)
                    await Task.Delay(slowed, ct);
            }
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            if (connection is not null)
                await connection.DisposeAsync();
            while (_posts.Reader.TryRead(out var post))
                post.Done.TrySetException(new TimeoutException("The host is stopping."));
        }
    }

    /// <summary>What a writer rests after each gathering when the oldest event has waited so long.</summary>
    internal static TimeSpan Slowed(TimeSpan waiting)
    {
        var slowed = (waiting - MostBehind) * SlowedBySecond;
        return slowed < TimeSpan.Zero ? TimeSpan.Zero : slowed > MostSlowed ? MostSlowed : slowed;
    }

    /// <summary>How long the oldest event, or what follows from it, has waited.</summary>
    private async Task<TimeSpan> WaitingAsync(CancellationToken ct)
    {
        try
        {
            await using var command = storage.Source.CreateCommand(
                "SELECT occurred_at FROM population.outbox WHERE name IN ('population.events-received.v1', 'population.care-facts-recorded.v1') ORDER BY seq LIMIT 1");
            return await command.ExecuteScalarAsync(ct) is DateTime oldest ? clock.GetUtcNow().UtcDateTime - oldest : TimeSpan.Zero;
        }
        catch (NpgsqlException)
        {
            // Who posts next is told what is wrong with the database.
            return TimeSpan.Zero;
        }
    }

    /// <summary>Stores and answers the posts. The connection to go on with: none after a failure.</summary>
    private async Task<NpgsqlConnection?> WriteAsync(NpgsqlConnection? connection, List<Post> posts)
    {
        try
        {
            connection ??= await storage.Source.OpenConnectionAsync();
            var fresh = await InsertAsync(connection, posts, CancellationToken.None);
            signal.Raise(storage.Schema);
            foreach (var post in posts)
                post.Done.TrySetResult([.. post.Keys.Select(fresh.Remove)]);
            return connection;
        }
        catch (Exception e)
        {
            foreach (var post in posts)
                post.Done.TrySetException(e);
            if (connection is not null)
                await connection.DisposeAsync();
            return null;
        }
    }

    private async Task<HashSet<Guid>> InsertAsync(NpgsqlConnection connection, List<Post> posts, CancellationToken ct)
    {
        // The same event twice in one gathering is stored once; sorting the keys keeps two writers from waiting on each other in a circle.
        var rows = posts.SelectMany(p => p.Events.Zip(p.Keys, (e, k) => (Event: e, Key: k, p.ClientId)))
            .DistinctBy(r => r.Key).OrderBy(r => r.Key).ToArray();
        return rows.Length < ManyTogether ? await InsertFewAsync(connection, rows, ct) : await CopyManyAsync(connection, rows, ct);
    }

    private async Task<HashSet<Guid>> CopyManyAsync(NpgsqlConnection connection, (CareEvent Event, Guid Key, string ClientId)[] rows, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var fresh = new Dictionary<Guid, long>(rows.Length);
        await using (var keys = new NpgsqlCommand("INSERT INTO population.event_key (key) SELECT unnest($1) ON CONFLICT DO NOTHING RETURNING key, seq", connection)
        {
            Parameters = { new() { Value = Array.ConvertAll(rows, r => r.Key) } },
        })
        {
            await using var reader = await keys.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                fresh.Add(reader.GetGuid(0), reader.GetInt64(1));
        }

        if (fresh.Count == 0)
            return [];
        Now(out var now);
        await using (var copy = await connection.BeginBinaryImportAsync(
            """
            COPY population.event (seq, received_at, key, client_id, source, kind, record_id, record_version, cancelled, nhs_number, started, ended, ready, provider,
              admission_method, admission_source, patient_class, destination, diagnoses, procedures, service_kind, permanent, condition_code, register, price, cost, payload)
            FROM STDIN (FORMAT binary)
            """, ct))
        {
            foreach (var (careEvent, key, client) in rows)
            {
                if (fresh.TryGetValue(key, out var seq))
                    Write(copy, careEvent, seq, key, client, now);
            }

            await copy.CompleteAsync(ct);
        }

        await using (var tell = new NpgsqlCommand(
            "INSERT INTO population.outbox (event_id, name, payload, size, occurred_at) SELECT $1, 'population.events-received.v1', $2, length($2), $3", connection)
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7() },
                new() { Value = $"{{\"receivedAt\":\"{Shared.Instants.Format(now)}\",\"seqs\":[{string.Join(',', fresh.Values)}]}}" },
                new() { Value = now },
            },
        })
            await tell.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return [.. fresh.Keys];
    }

    /// <summary>Not awaited: the values of a row are buffered far more often than sent.</summary>
    private static void Write(NpgsqlBinaryImporter copy, CareEvent careEvent, long seq, Guid key, string client, DateTimeOffset now)
    {
        var details = careEvent.Details;
        copy.StartRow();
        copy.Write(seq, NpgsqlDbType.Bigint);
        copy.Write(now, NpgsqlDbType.TimestampTz);
        copy.Write(key, NpgsqlDbType.Uuid);
        copy.Write(client, NpgsqlDbType.Text);
        copy.Write(careEvent.Source, NpgsqlDbType.Text);
        copy.Write(careEvent.Kind, NpgsqlDbType.Text);
        copy.Write(careEvent.RecordId, NpgsqlDbType.Text);
        copy.Write(careEvent.RecordVersion, NpgsqlDbType.Bigint);
        copy.Write(careEvent.Cancelled, NpgsqlDbType.Boolean);
        copy.Write(careEvent.NhsNumber, NpgsqlDbType.Bigint);
        copy.Write(details.Started, NpgsqlDbType.TimestampTz);
        copy.Write(details.Ended, NpgsqlDbType.TimestampTz);
        copy.Write(details.Ready, NpgsqlDbType.TimestampTz);
        copy.Write(details.Provider, NpgsqlDbType.Text);
        copy.Write(details.AdmissionMethod, NpgsqlDbType.Text);
        copy.Write(details.AdmissionSource, NpgsqlDbType.Text);
        copy.Write(details.PatientClass, NpgsqlDbType.Text);
        copy.Write(details.Destination, NpgsqlDbType.Text);
        copy.Write(Joined(details.Diagnoses), NpgsqlDbType.Text);
        copy.Write(Joined(details.Procedures), NpgsqlDbType.Text);
        copy.Write(details.ServiceKind, NpgsqlDbType.Text);
        copy.Write(details.Permanent, NpgsqlDbType.Boolean);
        copy.Write(details.ConditionCode, NpgsqlDbType.Text);
        copy.Write(details.Register, NpgsqlDbType.Text);
        copy.Write(details.Price, NpgsqlDbType.Numeric);
        copy.Write(details.Cost, NpgsqlDbType.Numeric);
        copy.Write(careEvent.Payload, NpgsqlDbType.Text);
    }

    private async Task<HashSet<Guid>> InsertFewAsync(NpgsqlConnection connection, (CareEvent Event, Guid Key, string ClientId)[] rows, CancellationToken ct)
    {
        T[] Column<T>(Func<CareEvent, T> value) => Array.ConvertAll(rows, r => value(r.Event));
        await using var command = new NpgsqlCommand(
            """
            WITH posted AS MATERIALIZED (
              SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
                AS p (key, client_id, source, kind, record_id, record_version, cancelled, nhs_number, started, ended, ready, provider, admission_method,
                      admission_source, patient_class, destination, diagnoses, procedures, service_kind, permanent, condition_code, register, price, cost, payload)),
            fresh AS (
              INSERT INTO population.event_key (key) SELECT key FROM posted ON CONFLICT DO NOTHING RETURNING key, seq),
            stored AS (
              INSERT INTO population.event (seq, received_at, key, client_id, source, kind, record_id, record_version, cancelled, nhs_number, started, ended,
                ready, provider, admission_method, admission_source, patient_class, destination, diagnoses, procedures, service_kind, permanent,
                condition_code, register, price, cost, payload)
              SELECT f.seq, $26, p.* FROM fresh f JOIN posted p ON p.key = f.key),
            told AS (
              INSERT INTO population.outbox (event_id, name, payload, size, occurred_at)
              SELECT $27, 'population.events-received.v1', payload, length(payload), $26
              FROM (SELECT '{"receivedAt":"' || $28 || '","seqs":[' || string_agg(seq::text, ',') || ']}' AS payload FROM fresh) AS t
              WHERE payload IS NOT NULL)
            SELECT key FROM fresh
            """, connection)
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(rows, r => r.Key) },
                new() { Value = Array.ConvertAll(rows, r => r.ClientId) },
                new() { Value = Column(e => e.Source) },
                new() { Value = Column(e => e.Kind) },
                new() { Value = Column(e => e.RecordId) },
                new() { Value = Column(e => e.RecordVersion) },
                new() { Value = Column(e => e.Cancelled) },
                new() { Value = Column(e => e.NhsNumber) },
                Instants(e => e.Started),
                Instants(e => e.Ended),
                Instants(e => e.Ready),
                Texts(e => e.Provider),
                Texts(e => e.AdmissionMethod),
                Texts(e => e.AdmissionSource),
                Texts(e => e.PatientClass),
                Texts(e => e.Destination),
                Texts(e => Joined(e.Diagnoses)),
                Texts(e => Joined(e.Procedures)),
                Texts(e => e.ServiceKind),
                new() { Value = Column(e => e.Details.Permanent), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean },
                Texts(e => e.ConditionCode),
                Texts(e => e.Register),
                new() { Value = Column(e => e.Details.Price), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric },
                new() { Value = Column(e => e.Details.Cost), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric },
                new() { Value = Column(e => e.Payload) },
                new() { Value = Now(out var now) },
                new() { Value = Guid.CreateVersion7() },
                new() { Value = Shared.Instants.Format(now) },
            },
        };
        var fresh = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            fresh.Add(reader.GetGuid(0));
        return fresh;

        NpgsqlParameter Instants(Func<CareDetails, DateTimeOffset?> value) =>
            new() { Value = Column(e => value(e.Details)), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };
        NpgsqlParameter Texts(Func<CareDetails, string?> value) =>
            new() { Value = Column(e => value(e.Details)), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
    }

    private static string? Joined(IReadOnlyList<string>? codes) => codes is { Count: > 0 } ? string.Join(' ', codes) : null;

    private DateTimeOffset Now(out DateTimeOffset now)
    {
        now = clock.GetUtcNow();
        now = new DateTimeOffset(now.UtcTicks - now.UtcTicks % 10, TimeSpan.Zero);
        return now;
    }

    private sealed record Post(IReadOnlyList<CareEvent> Events, string ClientId, TaskCompletionSource<bool[]> Done)
    {
        public Guid[] Keys { get; } = [.. Events.Select(e => KeyOf(e.Source, e.Id))];
    }
}
