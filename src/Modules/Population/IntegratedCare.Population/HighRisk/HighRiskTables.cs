using IntegratedCare.Shared.Documents;
using Weasel.Core;
using Weasel.Postgresql;

namespace IntegratedCare.Population.HighRisk;

/// <summary>
/// Entries are rows and not documents: a run withdraws, refreshes and proposes tens of thousands of them by one statement each, joined
/// with its scores, and would have to rewrite every document for it.
/// </summary>
internal static class HighRiskTables
{
    public static IEnumerable<ISchemaObject> Of(string schema) =>
    [
        // run_id is the run of the score: the latest while proposed, then the one that was decided on.
        ModuleTables.Table(schema, "high_risk_entry")
            .With("id uuid not null", "version bigint not null", "seq bigserial not null", "person_id uuid not null", "practice text not null",
                "status text not null", "tier text not null", "score double precision not null", "features text[] not null", "run_id uuid not null",
                "proposed_at timestamptz not null",
                "decided_at timestamptz", "decided_by text", "confirmed_on date", "ended_on date", "reason text", "declined_until date")
            .Key("id")
            .Index("high_risk_entry_open", ["person_id"], unique: true, where: "status = any (array['proposed'::text, 'confirmed'::text])")
            .Index("high_risk_entry_person", ["person_id"])
            .Index("high_risk_entry_practice", ["practice", "status", "seq"]),

        // Versions of what is published about a person's place on a register: rising with every decision.
        new Sequence(new PostgresqlObjectName(schema, "high_risk_decision_version", SchemaUtils.IdentifierUsage.General)),
    ];

    /// <summary>An entry of a practice, locked against others until the save; null where it has no such entry.</summary>
    public static async Task<HighRiskEntry?> LockEntryAsync(this PopulationSession session, Guid id, string practice, CancellationToken ct)
    {
        await session.BeginAsync(ct);
        await using var command = await session.CommandAsync(
            """
            SELECT version, person_id, status, decided_at, decided_by, confirmed_on, ended_on, reason, declined_until
            FROM population.high_risk_entry WHERE id = $1 AND practice = $2 FOR UPDATE
            """, ct, id, practice);
        await using var r = await command.ExecuteReaderAsync(ct);
        return !await r.ReadAsync(ct) ? null : new HighRiskEntry(
            id, r.GetInt64(0), r.GetGuid(1), practice, Enum.Parse<HighRiskStatus>(r.GetString(2), ignoreCase: true),
            r.IsDBNull(3) ? null : r.GetFieldValue<DateTimeOffset>(3), r.IsDBNull(4) ? null : r.GetString(4), Day(5), Day(6),
            r.IsDBNull(7) ? null : r.GetString(7), Day(8));

        DateOnly? Day(int column) => r.IsDBNull(column) ? null : r.GetFieldValue<DateOnly>(column);
    }

    /// <summary>Writes a locked entry's next state, under the next version.</summary>
    public static Task UpdateEntryAsync(this PopulationSession session, HighRiskEntry next, CancellationToken ct) => session.ExecuteAsync(
        """
        UPDATE population.high_risk_entry
        SET version = version + 1, status = $2, decided_at = $3, decided_by = $4, confirmed_on = $5, ended_on = $6, reason = $7, declined_until = $8
          WHERE id = $1
        """, ct, next.Id, next.Status.ToString().ToLowerInvariant(), next.DecidedAt, next.DecidedBy, next.ConfirmedOn,
        next.EndedOn, next.Reason, next.DeclinedUntil);
}
