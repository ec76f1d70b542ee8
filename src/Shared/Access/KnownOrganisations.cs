using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Shared.Access;

/// <summary>An organisation as the register last described it, in a module's own copy.</summary>
public sealed record KnownOrganisation(string Code, string DisplayName, string Kind, DateOnly? Closed);

/// <summary>The copy of the register of organisations that a module keeps from events: names, kinds, and when they closed.</summary>
public static class KnownOrganisations
{
    public static Table Table(string schema) => ModuleTables.Table(schema, "organisation")
        .With("code text not null", "display_name text not null", "kind text not null", "closed date", "version bigint not null")
        .Key("code");

    /// <summary>The registered organisations among these codes, by code.</summary>
    public static async Task<IReadOnlyDictionary<string, KnownOrganisation>> OrganisationsAsync(this ModuleSession session, IEnumerable<string> codes,
        CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            $"SELECT code, display_name, kind, closed FROM {session.Schema}.organisation WHERE code = ANY($1)", ct, [codes.Distinct().ToArray()]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var known = new Dictionary<string, KnownOrganisation>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            known[reader.GetString(0)] = new(reader.GetString(0), reader.GetString(1), reader.GetString(2),
                reader.IsDBNull(3) ? null : reader.GetFieldValue<DateOnly>(3));
        }

        return known;
    }
}

/// <summary>Keeps a module's copy of the register of organisations.</summary>
public abstract class KeepOrganisations<TEvent, TSession> : Reaction<TEvent, TSession>
    where TEvent : IEvent, IOrganisationDescription
    where TSession : ModuleSession
{
    protected override async Task ApplyAsync(TSession session, IReadOnlyList<Delivered<TEvent>> run, CancellationToken ct)
    {
        var latest = run.Select(d => d.Event).GroupBy(e => e.Code).Select(g => g.MaxBy(e => e.Version)!).ToList();
        await session.ExecuteAsync(
            $"""
            INSERT INTO {session.Schema}.organisation (code, display_name, kind, closed, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (code) DO UPDATE SET display_name = excluded.display_name, kind = excluded.kind, closed = excluded.closed, version = excluded.version
            WHERE excluded.version > organisation.version
            """, ct,
            latest.Select(e => e.Code).ToArray(), latest.Select(e => e.DisplayName).ToArray(), latest.Select(e => e.Kind).ToArray(),
            SqlParameters.Column(latest, NpgsqlDbType.Date, e => e.Closed),
            latest.Select(e => e.Version).ToArray());
    }
}
