using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;
using Npgsql;

namespace IntegratedCare.CarePathways.Reactions;

/// <summary>Keeps the names and kinds of organisations.</summary>
internal sealed class OnOrganisationChanged : Reaction<OrganisationChanged, CarePathwaysDb>
{
    protected override async Task ApplyAsync(CarePathwaysDb db, IReadOnlyList<Delivered<OrganisationChanged>> run, CancellationToken ct)
    {
        var latest = run.Select(d => d.Event).GroupBy(e => e.Code).Select(g => g.MaxBy(e => e.Version)!).ToList();
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO care_pathways.organisation AS known (code, display_name, kind, register_version)
            SELECT * FROM unnest($1, $2, $3, $4)
            ON CONFLICT (code) DO UPDATE SET display_name = EXCLUDED.display_name, kind = EXCLUDED.kind, register_version = EXCLUDED.register_version
            WHERE known.register_version < EXCLUDED.register_version
            """, await db.NpgsqlAsync(ct))
        {
            Parameters =
            {
                new() { Value = latest.Select(e => e.Code).ToArray() },
                new() { Value = latest.Select(e => e.DisplayName).ToArray() },
                new() { Value = latest.Select(e => e.Kind).ToArray() },
                new() { Value = latest.Select(e => e.Version).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
