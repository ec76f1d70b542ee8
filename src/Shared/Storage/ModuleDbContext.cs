using System.Data.Common;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace IntegratedCare.Shared.Storage;

/// <summary>
/// One module's storage: its schema, its aggregates and its outbox. Saving raises each changed aggregate's version and
/// writes the published events in the same transaction.
/// </summary>
public abstract class ModuleDbContext(DbContextOptions options, ModuleDbServices services) : DbContext(options), IModuleSession
{
    private IDbContextTransaction? _heldTransaction;

    private readonly List<OutboxMessage> _published = [];

    public abstract string Schema { get; }

    public TimeProvider Clock => services.Clock;

    /// <summary>The Npgsql connection, open, for bulk and set-based SQL. Commands on it run in the current transaction.</summary>
    public async Task<NpgsqlConnection> NpgsqlAsync(CancellationToken ct = default)
    {
        await Database.OpenConnectionAsync(ct);
        return (NpgsqlConnection)Database.GetDbConnection();
    }

    /// <summary>Tells the other modules, once this save commits.</summary>
    public void Publish<TEvent>(TEvent @event) where TEvent : IEvent => _published.Add(OutboxMessage.Of(@event, Clock.GetUtcNow()));

    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        foreach (var entry in ChangeTracker.Entries<Aggregate>())
        {
            if (entry.State is EntityState.Added or EntityState.Modified)
                entry.Property(a => a.Version).CurrentValue = entry.Property(a => a.Version).OriginalValue + 1;
        }

        foreach (var entry in ChangeTracker.Entries<Aggregate>().Where(e => e.State == EntityState.Added))
            entry.Property(a => a.Version).CurrentValue = 1;

        if (_published.Count == 0)
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);

        // Events are written after the aggregates, so that an aggregate's events follow the order of its saves.
        await using var own = Database.CurrentTransaction is null ? await Database.BeginTransactionAsync(cancellationToken) : null;
        var saved = await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        await OutboxWriter.WriteAsync((NpgsqlConnection)Database.GetDbConnection(), Schema, _published, cancellationToken);
        _published.Clear();
        if (own is not null)
        {
            await own.CommitAsync(CancellationToken.None);
            services.Signal.Raise(Schema);
        }

        return saved;
    }

    public override int SaveChanges(bool acceptAllChangesOnSuccess) =>
        throw new NotSupportedException("Use SaveChangesAsync.");

    public Task<NpgsqlConnection> ConnectionAsync(CancellationToken ct = default) => NpgsqlAsync(ct);

    public async Task HoldAsync(CancellationToken ct = default) => _heldTransaction = await Database.BeginTransactionAsync(ct);

    public async Task CommitHeldAsync()
    {
        await CommitAsync(_heldTransaction!);
        await _heldTransaction!.DisposeAsync();
    }

    public async Task RollbackHeldAsync()
    {
        await _heldTransaction!.RollbackAsync();
        await _heldTransaction.DisposeAsync();
    }

    /// <summary>Commits a transaction opened on this context and wakes the dispatcher.</summary>
    public async Task CommitAsync(IDbContextTransaction transaction)
    {
        await transaction.CommitAsync(CancellationToken.None);
        services.Signal.Raise(Schema);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.ApplyConfigurationsFromAssembly(GetType().Assembly);
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            if (typeof(Aggregate).IsAssignableFrom(entity.ClrType))
            {
                modelBuilder.Entity(entity.ClrType).Property(nameof(Aggregate.Version)).IsConcurrencyToken();
                modelBuilder.Entity(entity.ClrType).Property(nameof(Aggregate.Id)).ValueGeneratedNever();
            }

            foreach (var property in entity.GetProperties())
                property.SetColumnName(Naming.Snake(property.Name));
        }
    }
}

/// <summary>An aggregate: identity, version (its ETag), and whatever its module keeps in columns and in its document.</summary>
public abstract class Aggregate
{
    public Guid Id { get; protected init; } = Guid.CreateVersion7();

    /// <summary>Raised on every save; the concurrency token and the strong ETag.</summary>
    public long Version { get; private set; }
}

/// <summary>What every module's DbContext needs, in one constructor argument.</summary>
public sealed record ModuleDbServices(TimeProvider Clock, OutboxSignal Signal);

public static class Naming
{
    public static string Snake(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
