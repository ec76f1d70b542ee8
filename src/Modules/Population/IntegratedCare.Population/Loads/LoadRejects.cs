using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Population.Loads;

/// <summary>A rejected line: its number, the errors, and the line itself, to correct and send again.</summary>
/// <param name="Owner">The organisation whose line it is, which sees it; null where nobody can tell, and only the client that sent it does.</param>
/// <param name="Content">The line as it was sent; of one longer than 16,384 characters the beginning.</param>
internal sealed record RejectedLine(Guid LoadId, string? Owner, long Line, string Code, IReadOnlyList<FieldError> Errors, string Content)
{
    private const int MaxContent = 16 * 1024;

    public static RejectedLine Of(Guid load, string? owner, long line, string code, IReadOnlyList<FieldError> errors, string text) =>
        new(load, owner, line, code, errors, Kept(text));

    /// <summary>The stored part of a line that is, or may be, rejected. It is cut before it is stored, because long lines would fill the memory.</summary>
    public static string Kept(string text)
    {
        if (text.Length > MaxContent)
            text = text[..(char.IsHighSurrogate(text[MaxContent - 1]) ? MaxContent - 1 : MaxContent)];
        return text.Replace('\0', ' ');
    }
}

/// <summary>The rejected lines of loads: rows, written many at a time beside a load's counts.</summary>
internal static class LoadRejects
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        ModuleTables.Table(schema, "load_reject")
            .With("load_id uuid not null", "line bigint not null", "code text not null", "errors jsonb not null", "content text not null", "owner text")
            .Key("load_id", "line")
            .Index("load_reject_owner", ["owner", "load_id", "line"], where: "owner IS NOT NULL"),
    ];

    public static async Task RejectAsync(this PopulationSession session, Load load, IReadOnlyList<RejectedLine> rejects, CancellationToken ct)
    {
        if (rejects.Count == 0)
            return;
        await session.BeginAsync(ct);
        await session.ExecuteAsync(
            """
            INSERT INTO population.load_reject (load_id, line, code, errors, content, owner)
            SELECT $1, * FROM unnest($2, $3, $4::jsonb[], $5, $6) ON CONFLICT DO NOTHING
            """, ct, load.Id, rejects.Select(r => r.Line).ToArray(), rejects.Select(r => r.Code).ToArray(),
            rejects.Select(r => JsonSerializer.Serialize(r.Errors, SharedJson.Storage)).ToArray(), rejects.Select(r => r.Content).ToArray(),
            rejects.Select(r => r.Owner).ToArray());
    }

    /// <summary>
    /// Rejected lines that the caller may see: of its own organisation; of events, also of those it posts for; and those it sent itself of which
    /// nobody can tell whose they are. Of one load, or of all, latest first.
    /// </summary>
    public static async Task<List<RejectedLine>> ListRejectsAsync(
        this PopulationSession session, AccessContext access, Guid? load, (Guid Load, long Line)? after, int take, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            $"""
            SELECT load_id, owner, line, code, errors, content FROM population.load_reject r
            WHERE {(load is null ? "(load_id < $4 OR load_id = $4 AND line > $5)" : "load_id = $4 AND line > $5")}
              AND (owner = $3
                OR owner = ANY($1) AND EXISTS (SELECT FROM population.mt_doc_load l WHERE l.id = load_id AND l.data ->> 'kind' = 'events')
                OR owner IS NULL AND EXISTS (
                  SELECT FROM population.mt_doc_load l WHERE l.id = load_id AND l.data ->> 'clientId' = $2 AND l.data ->> 'organisation' = $3))
            ORDER BY load_id DESC, line LIMIT $6
            """, ct, access.GrantedSources.ToArray(), access.ClientId, access.Organisation,
            after?.Load ?? load ?? Guid.AllBitsSet, after?.Line ?? 0, take);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<RejectedLine>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new RejectedLine(reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetInt64(2), reader.GetString(3),
                JsonSerializer.Deserialize<List<FieldError>>(reader.GetString(4), SharedJson.Storage)!, reader.GetString(5)));
        }

        return rows;
    }
}
