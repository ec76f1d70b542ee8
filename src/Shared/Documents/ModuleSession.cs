using System.Linq.Expressions;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Marten;
using Marten.Internal;
using Marten.Linq;
using Marten.Services;
using Npgsql;
using Weasel.Storage;

namespace IntegratedCare.Shared.Documents;

/// <summary>What every module's session needs, in one constructor argument.</summary>
public sealed record ModuleSessionServices(NpgsqlDataSource Source, TimeProvider Clock, OutboxSignal Signal);

/// <summary>
/// A module's unit of work: documents, set-based SQL and outbox on one connection and in one transaction. Reads need no
/// transaction; <see cref="BeginAsync"/>, <see cref="LockAsync"/> or the save opens one, and <see cref="SaveChangesAsync"/> commits it.
/// What is not saved is rolled back when the session is disposed of.
/// </summary>
/// <remarks>
/// Existing documents are saved by <see cref="Update{T}"/> only, which names the version they were loaded with: of two that change
/// the same version one is refused. Marten's <c>Store</c>, which checks nothing, cannot be reached from here.
/// </remarks>
public abstract class ModuleSession(IDocumentStore store, string schema, ModuleSessionServices services) : IAsyncDisposable
{
    private readonly List<Action<IDocumentOperations>> _changes = [];
    private readonly List<Func<CancellationToken, Task>> _checks = [];
    private readonly List<Document> _changed = [];
    private readonly Uncommitted _uncommitted = new();
    private readonly List<OutboxMessage> _published = [];
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;
    private IQuerySession? _reader;
    private bool _held;
    private bool _failed;

    public string Schema => schema;

    public TimeProvider Clock => services.Clock;

    public async Task<NpgsqlConnection> ConnectionAsync(CancellationToken ct = default) =>
        _connection ??= await services.Source.OpenConnectionAsync(ct);

    /// <summary>A command on this session's connection, with positional parameters ($1, $2, ...).</summary>
    public async Task<NpgsqlCommand> CommandAsync(string sql, CancellationToken ct, params object?[] values) =>
        (await ConnectionAsync(ct)).Command(sql, values);

    /// <summary>Runs one statement and says how many rows it touched.</summary>
    public async Task<int> ExecuteAsync(string sql, CancellationToken ct, params object?[] values) =>
        await (await ConnectionAsync(ct)).ExecuteAsync(sql, ct, values);

    /// <summary>The document of this id, or null.</summary>
    public async Task<T?> FindAsync<T>(Guid id, CancellationToken ct) where T : Document =>
        _uncommitted.Read(await (await ReaderAsync(ct)).LoadAsync<T>(id, ct));

    /// <summary>The existing documents of these ids, in no order.</summary>
    public async Task<IReadOnlyList<T>> FindManyAsync<T>(IEnumerable<Guid> ids, CancellationToken ct) where T : Document =>
        _uncommitted.Read(await (await ReaderAsync(ct)).LoadManyAsync<T>(ct, ids));

    /// <summary>The documents that match a LINQ query over members and duplicated fields.</summary>
    public async Task<IReadOnlyList<T>> ListAsync<T>(Func<IQueryable<T>, IQueryable<T>> query, CancellationToken ct) where T : Document =>
        _uncommitted.Read(await query((await ReaderAsync(ct)).Query<T>()).ToListAsync(ct));

    public async Task<T?> FirstOrDefaultAsync<T>(Expression<Func<T, bool>> predicate, CancellationToken ct) where T : Document =>
        _uncommitted.Read(await (await ReaderAsync(ct)).Query<T>().FirstOrDefaultAsync(predicate, ct));

    public async Task<bool> AnyAsync<T>(Expression<Func<T, bool>> predicate, CancellationToken ct) where T : Document =>
        await (await ReaderAsync(ct)).Query<T>().AnyAsync(predicate, ct);

    /// <summary>The documents that SQL selects, after <c>select ... from mt_doc_... as d</c>: <c>"where d.code = ? order by d.id"</c>.</summary>
    public async Task<IReadOnlyList<T>> SelectAsync<T>(string sql, CancellationToken ct, params object[] values) where T : Document =>
        _uncommitted.Read(await (await ReaderAsync(ct)).QueryAsync<T>(sql, ct, values));

    /// <summary>Adds a new document. One of the same id or of the same unique value is refused when it is saved.</summary>
    public void Insert<T>(T document) where T : Document
    {
        if (document.Version > 0)
            throw new InvalidOperationException($"This {typeof(T).Name} has been saved: update it.");
        _changed.Add(document);
        _changes.Add(s => s.Insert(document));
    }

    /// <summary>Saves the next state of a document that was loaded: refused as stale if another session has saved it since.</summary>
    public void Update<T>(T next) where T : Document
    {
        if (!next.VersionIsItsOwn)
            throw new InvalidOperationException($"This {typeof(T).Name} was never loaded under this id: insert it.");
        _changed.Add(next);
        _changes.Add(s =>
        {
            // It may have been saved elsewhere since, and rolled back.
            if (!next.VersionIsItsOwn)
                throw new InvalidOperationException($"This {typeof(T).Name} has lost its version: load it again.");
            // Not Marten's UpdateRevision, which is an upsert: it would bring back what another session has deleted.
            var update = ((IMartenSession)s).StorageFor<T>().Update(next, (IMartenSession)s, s.TenantId);
            ((IRevisionedOperation)update).Revision = next.Version + 1;
            s.QueueOperation(update);
        });
    }

    /// <summary>Deletes a document that was loaded: refused as stale if another session has saved it since.</summary>
    public void Delete<T>(T document) where T : Document
    {
        if (!document.VersionIsItsOwn)
            throw new InvalidOperationException($"This {typeof(T).Name} was never loaded under this id.");
        // Marten deletes by the id alone.
        _checks.Add(async ct =>
        {
            if ((await SelectAsync<T>("where d.id = ? and d.mt_version = ? for update", ct, document.Id, document.Version)).Count == 0)
                throw new JasperFx.ConcurrencyException(typeof(T), document.Id);
        });
        _changes.Add(s => s.Delete<T>(document.Id));
    }

    /// <summary>Makes an event of this module part of the next save: it is delivered once that is committed.</summary>
    public void Publish<TEvent>(TEvent @event) where TEvent : IEvent
    {
        // Reactions look for an event in the outbox that its name gives: in another it would be found by none.
        if (EventRoute.ProducerOf(TEvent.Name) != schema)
            throw new InvalidOperationException($"{TEvent.Name} is not an event of {schema}.");
        _published.Add(OutboxMessage.Of(@event, Clock.GetUtcNow()));
    }

    /// <summary>Begins the transaction that the next save commits, unless there is one.</summary>
    public async Task<NpgsqlConnection> BeginAsync(CancellationToken ct = default)
    {
        var connection = await ConnectionAsync(ct);
        _transaction ??= await connection.BeginTransactionAsync(ct);
        return connection;
    }

    /// <summary>Loads documents, in the order of their ids, and locks their rows until the save.</summary>
    public async Task<IReadOnlyList<T>> LockAsync<T>(IReadOnlyCollection<Guid> ids, CancellationToken ct) where T : Document
    {
        if (ids.Count == 0)
            return [];
        await BeginAsync(ct);
        return await SelectAsync<T>("where d.id = any(?) order by d.id for update", ct, ids.ToArray());
    }

    /// <summary>Takes the module's lock of this name, waiting for it if necessary; it is held until the save, or the end of the session.</summary>
    public async Task LockAsync(string name, CancellationToken ct)
    {
        await BeginAsync(ct);
        await ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", ct, $"{schema}|{name}");
    }

    /// <summary>
    /// Takes the lock of this name as <see cref="LockAsync(string, CancellationToken)"/> does, but returns false at once if another session
    /// holds it.
    /// </summary>
    public async Task<bool> TryLockAsync(string name, CancellationToken ct)
    {
        await BeginAsync(ct);
        return await _connection!.ScalarAsync("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", ct, $"{schema}|{name}") is true;
    }

    /// <summary>Writes the changes and events so far into the transaction, so that SQL that follows sees them.</summary>
    public async Task FlushAsync(CancellationToken ct)
    {
        if (_failed)
            throw new InvalidOperationException("What this session wrote has failed: roll it back, or open another.");
        if (_changes.Count == 0 && _published.Count == 0)
            return;
        // Until all is written. PostgreSQL answers the commit of a failed transaction with a rollback, and no error.
        _failed = true;
        await BeginAsync(ct);
        foreach (var check in _checks)
            await check(ct);
        _checks.Clear();
        if (_changes.Count > 0)
        {
            await using var writer = store.LightweightSession(SessionOptions.ForTransaction(_transaction!));
            var before = _changed.ConvertAll(d => d.VersionSave);
            try
            {
                foreach (var change in _changes)
                    change(writer);
                await writer.SaveChangesAsync(ct);
            }
            catch (JasperFx.DocumentAlreadyExistsException e) when (Constraint(e) is { } constraint && Explain(constraint) is not null)
            {
                throw Explain(constraint)!;
            }
            finally
            {
                // Marten raises the versions as it writes, before the commit; of a write that fails half-way those that came before.
                _uncommitted.Written(_changed, _changed.Where((document, n) => !ReferenceEquals(document.VersionSave, before[n])));
                _changed.Clear();
                _changes.Clear();
            }
        }

        // Events are written after the documents, so that an aggregate's events follow the order of its saves.
        await OutboxWriter.WriteAsync(_connection!, schema, _published, ct);
        _published.Clear();
        _failed = false;
    }

    /// <summary>Commits documents, SQL and events together.</summary>
    public async Task SaveChangesAsync(CancellationToken ct = default)
    {
        await FlushAsync(ct);
        if (_transaction is not null && !_held)
            await CommitAsync();
    }

    /// <summary>Begins a transaction that saves do not end: only <see cref="CommitHeldAsync"/> or <see cref="RollbackHeldAsync"/> does.</summary>
    public async Task HoldAsync(CancellationToken ct = default)
    {
        await BeginAsync(ct);
        _held = true;
    }

    public async Task CommitHeldAsync()
    {
        await FlushAsync(CancellationToken.None);
        await CommitAsync();
    }

    public async Task RollbackHeldAsync()
    {
        _held = false;
        _failed = false;
        _changes.Clear();
        _checks.Clear();
        _published.Clear();
        _changed.Clear();
        _uncommitted.RollBack();
        if (_transaction is null)
            return;
        await _transaction.RollbackAsync(CancellationToken.None);
        await _transaction.DisposeAsync();
        _transaction = null;
    }

    public async ValueTask DisposeAsync()
    {
        _uncommitted.RollBack();
        if (_transaction is not null)
            await _transaction.DisposeAsync();
        if (_reader is not null)
            await _reader.DisposeAsync();
        if (_connection is not null)
            await _connection.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The exception for a violated unique index; null for the default, 409 already-exists.</summary>
    protected virtual Exception? Explain(string constraint) => null;

    private static string? Constraint(JasperFx.DocumentAlreadyExistsException e) => (e.InnerException as PostgresException)?.ConstraintName;

    private async Task CommitAsync()
    {
        // A commit is not cancelled when the caller disconnects: its outcome would be unknown.
        await _transaction!.CommitAsync(CancellationToken.None);
        _uncommitted.Commit();
        await _transaction.DisposeAsync();
        _transaction = null;
        _held = false;
        services.Signal.Raise(schema);
    }

    private async Task<IQuerySession> ReaderAsync(CancellationToken ct) =>
        _reader ??= store.QuerySession(SessionOptions.ForConnection(await ConnectionAsync(ct)));
}

/// <summary>Opens sessions outside a request: for background work, and where one use case needs several transactions.</summary>
public sealed class ModuleSessions<TSession>(IServiceProvider provider) where TSession : ModuleSession
{
    private readonly Func<IServiceProvider, TSession> _create = SessionCreation.Of<TSession>();

    public TSession Open() => _create(provider);
}

internal static class SessionCreation
{
    public static Func<IServiceProvider, TSession> Of<TSession>()
    {
        var factory = Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateFactory(typeof(TSession), []);
        return provider => (TSession)factory(provider, null);
    }
}
