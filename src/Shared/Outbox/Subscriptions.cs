using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>This host's id among the hosts of one database. Its connections have it in their application name.</summary>
public sealed class HostInstance
{
    internal const string Prefix = "integrated-care ";

    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>At most 63 characters, the most that PostgreSQL keeps.</summary>
    public string ApplicationName => ApplicationNameOf(Id);

    internal static string ApplicationNameOf(Guid id) => $"{Prefix}{id:n}";
}

/// <summary>This host's right to serve a reaction, until another host takes it and raises the fence: nothing commits under an old fence.</summary>
internal sealed record Lease(EventRoute Route, long Fence)
{
    public string Schema => Route.ConsumerSchema;

    public string Handler => Route.Handler;
}

/// <summary>Another host serves this reaction now, or an earlier try of the run was committed after all; the transaction is rolled back.</summary>
internal sealed class LeaseLost(string handler) : Exception($"{handler} is served elsewhere, or has gone on.");

/// <summary>
/// The table <c>subscription</c> of a consumer's schema: one row per reaction, with its position in its producer's outbox and the host
/// that serves it. A host that has not renewed for ten seconds, or has no connection left, is replaced; its connections are closed
/// first, so that no open transaction of a stalled host keeps locks.
/// </summary>
internal sealed class Subscriptions(NpgsqlDataSource source, HostInstance host, string schema, IReadOnlyList<EventRoute> routes)
{
    /// <summary>The row that says which host does the schema's background work.</summary>
    private const string Leader = "leader";
    private const int LeaseSeconds = 10;
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(2);

    private readonly string[] _handlers = [Leader, .. routes.Select(r => r.Handler)];
    private bool _declared;
    private List<Lease> _held = [];
    private bool _holdsAll;
    private long _renewedAt;

    public string Schema => schema;

    /// <summary>Whether this host leads the schema's background work.</summary>
    public bool Leads { get; private set; }

    /// <summary>Renews the leases of this host and takes free ones. Returns all it holds.</summary>
    public async Task<IReadOnlyList<Lease>> RenewAsync(CancellationToken ct)
    {
        if (_holdsAll && TimeProvider.System.GetElapsedTime(_renewedAt) < RenewEvery)
            return _held;
        await using var connection = await source.OpenConnectionAsync(ct);
        if (!_declared)
            await DeclareAsync(connection, ct);
        var held = await RenewedAsync(connection, ct);
        _renewedAt = TimeProvider.System.GetTimestamp();
        if (held.Count < _handlers.Length)
            held.AddRange(await TakeAsync(connection, await LapsedAsync(connection, ct), ct));
        _holdsAll = held.Count == _handlers.Length;
        Leads = held.Any(h => h.Handler == Leader);
        _held = [.. routes.Join(held, r => r.Handler, h => h.Handler, (route, h) => new Lease(route, h.Fence))];
        return _held;
    }

    /// <summary>Releases the leases of this host, so that another need not wait.</summary>
    public async Task ReleaseAsync()
    {
        Leads = false;
        await using var command = source.CreateCommand($"UPDATE {schema}.subscription SET owner = NULL, fence = fence + 1 WHERE owner = $1");
        command.Parameters.Add(new() { Value = host.Id });
        await command.ExecuteNonQueryAsync();
    }

    private async Task DeclareAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await connection.ExecuteAsync(
            $"INSERT INTO {schema}.subscription (handler, producer) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING", ct,
            _handlers, (string[])["", .. routes.Select(r => r.Producer)]);

        // A delivery kept for a handler that a later version renamed or removed is parked again, never dropped.
        await connection.ExecuteAsync(
            $"UPDATE {schema}.delivery_retry SET parked_at = now(), error = $2 WHERE handler <> ALL($1) AND parked_at IS NULL", ct,
            _handlers, DeliveryRetries.NoSuchHandler);
        _declared = true;
    }

    private async Task<List<(string Handler, long Fence)>> RenewedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command(
            $"""
            UPDATE {schema}.subscription SET leased_until = now() + interval '{LeaseSeconds} seconds' WHERE owner = $1 AND handler = ANY($2)
            RETURNING handler, fence
            """, host.Id, _handlers);
        return await ReadAsync(command, ct);
    }

    /// <summary>The owners whose leases have expired or that have no connection; closes their connections.</summary>
    private async Task<Guid[]> LapsedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var lapsed = new List<Guid>();
        await using (var command = connection.Command(
            $"""
            SELECT owner FROM {schema}.subscription WHERE handler = ANY($1) AND owner <> $2
            GROUP BY owner
            HAVING max(leased_until) < now()
              OR NOT EXISTS (SELECT FROM pg_stat_activity
                WHERE application_name = '{HostInstance.Prefix}' || replace(owner::text, '-', ''))
            """, _handlers, host.Id))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                lapsed.Add(reader.GetGuid(0));
        }

        if (lapsed.Count == 0)
            return [];
        await connection.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ANY($1) AND datname = current_database()", ct,
            [lapsed.Select(HostInstance.ApplicationNameOf).ToArray()]);
        return [.. lapsed];
    }

    private async Task<List<(string Handler, long Fence)>> TakeAsync(NpgsqlConnection connection, Guid[] lapsed, CancellationToken ct)
    {
        await using var command = connection.Command(
            $"""
            UPDATE {schema}.subscription SET owner = $1, fence = fence + 1, leased_until = now() + interval '{LeaseSeconds} seconds'
            WHERE handler = ANY($2) AND (owner IS NULL OR owner = ANY($3)) RETURNING handler, fence
            """, host.Id, _handlers, lapsed);
        return await ReadAsync(command, ct);
    }

    private static async Task<List<(string Handler, long Fence)>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<(string, long)>();
        while (await reader.ReadAsync(ct))
            rows.Add((reader.GetString(0), reader.GetInt64(1)));
        return rows;
    }
}
