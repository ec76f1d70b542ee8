using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;
using Npgsql;

namespace IntegratedCare.Shared.Storage;

/// <summary>A module's way round EF, for volume: Npgsql transactions that can publish.</summary>
public sealed class ModuleStorage<TDb>(NpgsqlDataSource source, IEnumerable<IModule> modules, TimeProvider clock, OutboxSignal signal)
    where TDb : ModuleDbContext
{
    public string Schema { get; } = modules.Single(m => m.Session == typeof(TDb)).Schema;

    public NpgsqlDataSource Source => source;

    public async Task<ModuleTransaction> BeginAsync(CancellationToken ct = default)
    {
        var connection = await source.OpenConnectionAsync(ct);
        return new ModuleTransaction(connection, await connection.BeginTransactionAsync(ct), Schema, clock, signal);
    }
}

/// <summary>One Npgsql transaction in a module's schema, with its outbox.</summary>
public sealed class ModuleTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, string schema, TimeProvider clock, OutboxSignal signal)
    : IAsyncDisposable
{
    private readonly List<OutboxMessage> _published = [];

    public NpgsqlConnection Connection => connection;

    public void Publish<TEvent>(TEvent @event) where TEvent : IEvent => _published.Add(OutboxMessage.Of(@event, clock.GetUtcNow()));

    public async Task CommitAsync(CancellationToken ct = default)
    {
        await OutboxWriter.WriteAsync(connection, schema, _published, ct);
        await transaction.CommitAsync(CancellationToken.None);
        if (_published.Count > 0)
            signal.Raise(schema);
        _published.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
