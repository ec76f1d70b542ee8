using Npgsql;

namespace IntegratedCare.Shared.Documents;

/// <summary>What the platform needs of a module's unit of work: idempotency keys, the audit trail and reactions join its transaction.</summary>
public interface IModuleSession
{
    string Schema { get; }

    TimeProvider Clock { get; }

    /// <summary>The open connection; commands on it run in the current transaction, if there is one.</summary>
    Task<NpgsqlConnection> ConnectionAsync(CancellationToken ct = default);

    /// <summary>Begins a transaction that saves do not end: only <see cref="CommitHeldAsync"/> or <see cref="RollbackHeldAsync"/> does.</summary>
    Task HoldAsync(CancellationToken ct = default);

    Task<int> SaveChangesAsync(CancellationToken ct = default);

    Task CommitHeldAsync();

    Task RollbackHeldAsync();
}
