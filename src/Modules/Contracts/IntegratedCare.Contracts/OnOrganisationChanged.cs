using IntegratedCare.Contracts.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Contracts.Reactions;

/// <summary>Keeps organisations' names and kinds: parties must be registered.</summary>
internal sealed class OnOrganisationChanged : Reaction<OrganisationChanged, ContractsDb>
{
    protected override async Task ApplyAsync(ContractsDb db, IReadOnlyList<Delivered<OrganisationChanged>> run, CancellationToken ct)
    {
        var latest = run.Select(d => d.Event).GroupBy(e => e.Code).Select(g => g.MaxBy(e => e.Version)!).ToList();
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO contracts.organisation (code, display_name, kind, closed, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (code) DO UPDATE SET display_name = excluded.display_name, kind = excluded.kind, closed = excluded.closed, version = excluded.version
            WHERE excluded.version > organisation.version
            """, await db.NpgsqlAsync(ct))
        {
            Parameters =
            {
                new() { Value = latest.Select(e => e.Code).ToArray() },
                new() { Value = latest.Select(e => e.DisplayName).ToArray() },
                new() { Value = latest.Select(e => e.Kind).ToArray() },
                new() { Value = latest.Select(e => e.Closed).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date },
                new() { Value = latest.Select(e => e.Version).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
