using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Population.Loads;

/// <summary>A rejected line: its number, the errors, and the line itself, to correct and send again.</summary>
/// <param name="Content">The line as it was sent; of one longer than 16,384 characters the beginning.</param>
internal sealed record RejectedLine(long Line, string Code, IReadOnlyList<FieldError> Errors, string Content)
{
    private const int MaxContent = 16 * 1024;

    public static RejectedLine Of(long line, string code, IReadOnlyList<FieldError> errors, string text) => new(line, code, errors, Kept(text));

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
            .With("load_id uuid not null", "line bigint not null", "code text not null", "errors jsonb not null", "content text not null")
            .Key("load_id", "line"),
    ];

    public static async Task RejectAsync(this PopulationSession session, Load load, IReadOnlyList<RejectedLine> rejects, CancellationToken ct)
    {
        if (rejects.Count == 0)
            return;
        await session.BeginAsync(ct);
        await session.ExecuteAsync(
            """
            INSERT INTO population.load_reject (load_id, line, code, errors, content)
            SELECT $1, * FROM unnest($2, $3, $4::jsonb[], $5) ON CONFLICT DO NOTHING
            """, ct, load.Id, rejects.Select(r => r.Line).ToArray(), rejects.Select(r => r.Code).ToArray(),
            rejects.Select(r => JsonSerializer.Serialize(r.Errors, SharedJson.Storage)).ToArray(), rejects.Select(r => r.Content).ToArray());
    }

    public static async Task<List<RejectedLine>> ListRejectsAsync(this PopulationSession session, Load load, long after, int take, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            "SELECT line, code, errors, content FROM population.load_reject WHERE load_id = $1 AND line > $2 ORDER BY line LIMIT $3", ct, load.Id, after, take);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<RejectedLine>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new RejectedLine(reader.GetInt64(0), reader.GetString(1),
                JsonSerializer.Deserialize<List<FieldError>>(reader.GetString(2), SharedJson.Storage)!, reader.GetString(3)));
        }

        return rows;
    }
}
