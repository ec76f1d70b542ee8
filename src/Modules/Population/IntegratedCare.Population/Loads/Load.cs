using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;
using Npgsql;

namespace IntegratedCare.Population.Storage;

/// <summary>What became of a bulk body.</summary>
internal sealed record LoadView(Guid Id, string Kind, string State, long Accepted, long Duplicate, long Rejected, string? Rejects);

/// <summary>A line that was not taken: its number, why, and the line itself, to correct and send again.</summary>
/// <param name="Content">The line as it was sent; of one longer than 16,384 characters the beginning.</param>
internal sealed record RejectedLine(long Line, string Code, IReadOnlyList<FieldError> Errors, string Content)
{
    private const int MaxContent = 16 * 1024;

    public static RejectedLine Of(long line, string code, IReadOnlyList<FieldError> errors, string text) => new(line, code, errors, Kept(text));

    /// <summary>What is kept of a line that is, or may yet be, rejected: cut here and not when it is stored, or long lines would fill the memory.</summary>
    public static string Kept(string text)
    {
        if (text.Length > MaxContent)
            text = text[..(char.IsHighSurrogate(text[MaxContent - 1]) ? MaxContent - 1 : MaxContent)];
        return text.Replace('\0', ' ');
    }
}

/// <summary>Keeps the counts and rejects of bulk loads.</summary>
internal sealed class LoadStore(NpgsqlDataSource source, TimeProvider clock)
{
    /// <summary>How many bytes of text a load holds, at most and about, before it stores what it has.</summary>
    public const long MostHeld = 8 * 1024 * 1024;

    public async Task<Guid> BeginAsync(string kind, AccessContext access, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        await using var command = source.CreateCommand(
            "INSERT INTO population.load (id, kind, client_id, organisation, state, started_at) VALUES ($1, $2, $3, $4, 'running', $5)");
        command.With(id, kind, access.ClientId, access.Organisation, clock.GetUtcNow());
        await command.ExecuteNonQueryAsync(ct);
        return id;
    }

    /// <summary>
    /// Adds to the counts. Persons are counted in the transaction that stores them. Events are stored by the group commit and
    /// counted after it: a crash in between leaves a load running that counts too few, and loses no event; sent again, those
    /// are duplicates.
    /// </summary>
    public static async Task CountAsync(NpgsqlConnection connection, Guid load, long accepted, long duplicate, IReadOnlyList<RejectedLine> rejects, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (rejects.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "INSERT INTO population.load_reject (load_id, line, code, errors, content) SELECT $1, * FROM unnest($2, $3, $4::jsonb[], $5) ON CONFLICT DO NOTHING")
            {
                Parameters =
                {
                    new() { Value = load },
                    new() { Value = rejects.Select(r => r.Line).ToArray() },
                    new() { Value = rejects.Select(r => r.Code).ToArray() },
                    new() { Value = rejects.Select(r => JsonSerializer.Serialize(r.Errors, SharedJson.Storage)).ToArray() },
                    new() { Value = rejects.Select(r => r.Content).ToArray() },
                },
            });
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "UPDATE population.load SET accepted = accepted + $2, duplicate = duplicate + $3, rejected = rejected + $4 WHERE id = $1")
        {
            Parameters = { new() { Value = load }, new() { Value = accepted }, new() { Value = duplicate }, new() { Value = (long)rejects.Count } },
        });
        await batch.ExecuteNonQueryAsync(ct);
    }

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken ct) => source.OpenConnectionAsync(ct);

    public async Task<LoadView> EndAsync(Guid load, string state, CancellationToken ct)
    {
        await using var command = source.CreateCommand("UPDATE population.load SET state = $2, finished_at = $3 WHERE id = $1 RETURNING kind, state, accepted, duplicate, rejected");
        command.With(load, state, clock.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return View(load, reader, 0);
    }

    public async Task<LoadView?> FindAsync(Guid load, string organisation, CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT kind, state, accepted, duplicate, rejected FROM population.load WHERE id = $1 AND organisation = $2");
        command.With(load, organisation);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? View(load, reader, 0) : null;
    }

    public async Task<List<RejectedLine>> RejectsAsync(Guid load, long after, int take, CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT line, code, errors, content FROM population.load_reject WHERE load_id = $1 AND line > $2 ORDER BY line LIMIT $3");
        command.With(load, after, take);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<RejectedLine>();
        while (await reader.ReadAsync(ct))
            rows.Add(new(reader.GetInt64(0), reader.GetString(1), JsonSerializer.Deserialize<List<FieldError>>(reader.GetString(2), SharedJson.Storage)!, reader.GetString(3)));
        return rows;
    }

    private static LoadView View(Guid id, NpgsqlDataReader r, int at) => new(id, r.GetString(at), r.GetString(at + 1), r.GetInt64(at + 2), r.GetInt64(at + 3), r.GetInt64(at + 4),
        r.GetInt64(at + 4) > 0 ? $"/v1/population/loads/{id}/rejects" : null);
}
