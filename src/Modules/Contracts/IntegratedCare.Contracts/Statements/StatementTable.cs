using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Contracts.Statements;

/// <summary>
/// The statements of settlements and payments, by their id: bytes, not jsonb, because they are hashed.
/// <c>Migrations/0001_after_kept_statements.sql</c> refuses every change to them.
/// </summary>
internal static class StatementTable
{
    public static IEnumerable<Table> Of(string schema) => [ModuleTables.Table(schema, "statement").With("id uuid not null", "bytes bytea not null").Key("id")];

    /// <summary>Stores the statement of the settlement or payment of this id, in the session's transaction.</summary>
    public static async Task InsertStatementAsync(this ContractsSession session, Guid id, byte[] bytes, CancellationToken ct)
    {
        await session.BeginAsync(ct);
        await session.ExecuteAsync("INSERT INTO contracts.statement (id, bytes) VALUES ($1, $2)", ct, id, bytes);
    }

    /// <summary>The bytes of one statement.</summary>
    public static async Task<byte[]> ReadStatementAsync(this ContractsSession session, Guid id, CancellationToken ct) =>
        (await session.ReadStatementsAsync([id], ct))[id];

    /// <summary>The bytes of some statements, by id.</summary>
    public static async Task<IReadOnlyDictionary<Guid, byte[]>> ReadStatementsAsync(this ContractsSession session, IEnumerable<Guid> ids, CancellationToken ct)
    {
        await using var command = await session.CommandAsync("SELECT id, bytes FROM contracts.statement WHERE id = ANY ($1)", ct, ids.ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        var statements = new Dictionary<Guid, byte[]>();
        while (await reader.ReadAsync(ct))
            statements.Add(reader.GetGuid(0), reader.GetFieldValue<byte[]>(1));
        return statements;
    }
}
