using IntegratedCare.Population.RiskModels;

namespace IntegratedCare.Population.HighRisk;

/// <param name="Version">The entry's ETag without its quotes: what <c>If-Match</c> takes.</param>
/// <param name="Conditions">The conditions behind the score in the entry's run, heaviest first.</param>
internal sealed record HighRiskRegisterEntry(
    Guid EntryId, long Version, Guid PersonId, string NhsNumber, string FamilyName, string GivenName, DateOnly BirthDate, string Sex, string Practice,
    HighRiskStatus Status, string Tier, double Score, string Band, Guid Run, IReadOnlyList<string> Conditions, DateTimeOffset ProposedAt,
    DateTimeOffset? DecidedAt, string? DecidedBy, string? Reason, DateOnly? DeclinedUntil)
{
    internal long Seq { get; init; }

    public static async Task<HighRiskRegisterEntry?> FindAsync(PopulationSession session, RiskModelLibrary models, Guid entry, string practice,
        CancellationToken ct) =>
        (await ReadAsync(session, models, "e.id = $1 AND e.practice = $2", [entry, practice], ct)).FirstOrDefault();

    public static async Task<List<HighRiskRegisterEntry>> ReadAsync(PopulationSession session, RiskModelLibrary models, string where, object[] values,
        CancellationToken ct)
    {
        var rows = new List<(HighRiskRegisterEntry Entry, string Model, int ModelVersion, string[] Features)>();
        await using (var command = await session.CommandAsync(
            $"""
            SELECT e.id, e.version, e.person_id, p.nhs_number, p.family_name, p.given_name, p.birth_date, p.sex, e.practice, e.status, e.tier, e.score,
              e.run_id, e.proposed_at, e.decided_at, e.decided_by, e.reason, e.declined_until, e.seq, r.model, r.model_version, e.features
            FROM population.high_risk_entry e
            JOIN population.person p ON p.id = e.person_id
            JOIN population.mt_doc_stratification r ON r.id = e.run_id
            WHERE {where}
            """, ct, values))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var entry = new HighRiskRegisterEntry(
                    reader.GetGuid(0), reader.GetInt64(1), reader.GetGuid(2), Population.NhsNumber.Format(reader.GetInt64(3)), reader.GetString(4),
                    reader.GetString(5), reader.GetFieldValue<DateOnly>(6), reader.GetString(7), reader.GetString(8),
                    Enum.Parse<HighRiskStatus>(reader.GetString(9), true),
                    reader.GetString(10), reader.GetDouble(11), "", reader.GetGuid(12), [], reader.GetFieldValue<DateTimeOffset>(13),
                    reader.IsDBNull(14) ? null : reader.GetFieldValue<DateTimeOffset>(14), reader.IsDBNull(15) ? null : reader.GetString(15),
                    reader.IsDBNull(16) ? null : reader.GetString(16), reader.IsDBNull(17) ? null : reader.GetFieldValue<DateOnly>(17))
                {
                    Seq = reader.GetInt64(18),
                };
                rows.Add((entry, reader.GetString(19), reader.GetInt32(20), reader.GetFieldValue<string[]>(21)));
            }
        }

        var entries = new List<HighRiskRegisterEntry>(rows.Count);
        foreach (var (entry, id, version, features) in rows)
        {
            var model = await models.ReadAsync(session, id, version, ct);
            var conditions = features.Select(model.Feature).OrderByDescending(f => f.Points).ThenBy(f => f.Code, StringComparer.Ordinal)
                .Select(f => f.Description).ToList();
            entries.Add(entry with { Band = model.BandOf(entry.Score), Conditions = conditions });
        }

        return entries;
    }
}
