using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using Npgsql;
using NpgsqlTypes;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Contracts.Spend;

/// <summary>Stores the facts that spend is measured from, set-based: the highest version of each record and count is kept, in any order of arrival.</summary>
internal static class CostStore
{
    public static async Task UpsertFactsAsync(NpgsqlConnection connection, IEnumerable<CareFact> facts, CancellationToken ct)
    {
        // One statement cannot write a row twice, so of a run's versions of a record only the highest goes in. Sorted, so that
        // two writers lock rows in the same order.
        var rows = facts.Where(IsRelevant).GroupBy(f => (f.Source, f.RecordId)).Select(g => g.MaxBy(f => f.Version)!)
            .OrderBy(f => f.Source, StringComparer.Ordinal).ThenBy(f => f.RecordId, StringComparer.Ordinal).ToList();
        if (rows.Count == 0)
            return;
        var areas = rows.ConvertAll(AreaOf);
        var cares = rows.ConvertAll(CareOf);
        var (newAreas, newCares) = (areas.Distinct().ToList(), cares.Distinct().ToList());
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // NOT EXISTS first, because ON CONFLICT alone uses up a number.
                Command(
                    """
                    INSERT INTO contracts.cost_area (practice, locality, place, system)
                    SELECT i.* FROM unnest($1, $2, $3, $4) AS i (practice, locality, place, system)
                    WHERE NOT EXISTS (SELECT FROM contracts.cost_area a
                      WHERE (a.practice, a.locality, a.place, a.system) = (i.practice, i.locality, i.place, i.system))
                    ON CONFLICT DO NOTHING
                    """,
                    Text(newAreas, a => a.Practice), Text(newAreas, a => a.Locality), Text(newAreas, a => a.Place), Text(newAreas, a => a.System)),
                Command(
                    """
                    INSERT INTO contracts.cost_care (kind, admission_method, patient_class, provider)
                    SELECT i.* FROM unnest($1, $2, $3, $4) AS i (kind, admission_method, patient_class, provider)
                    WHERE NOT EXISTS (SELECT FROM contracts.cost_care c
                      WHERE (c.kind, c.admission_method, c.patient_class, c.provider) = (i.kind, i.admission_method, i.patient_class, i.provider))
                    ON CONFLICT DO NOTHING
                    """,
                    Text(newCares, c => c.Kind), Text(newCares, c => c.AdmissionMethod), Text(newCares, c => c.PatientClass), Text(newCares, c => c.Provider)),
                Command(
                    """
                    INSERT INTO contracts.cost_fact AS kept
                      (source, record_id, version, counts, weekly, person_id, day, until, age, price, cost, area_id, care_id)
                    SELECT i.source, i.record_id, i.version, i.counts, i.weekly, i.person_id, i.day, i.until, i.age, i.price, i.cost, a.id, c.id
                    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
                      AS i (source, record_id, version, counts, weekly, person_id, day, until, age, price, cost,
                          practice, locality, place, system, kind, admission_method, patient_class, provider)
                    JOIN contracts.cost_area a USING (practice, locality, place, system)
                    JOIN contracts.cost_care c USING (kind, admission_method, patient_class, provider)
                    ORDER BY i.source, i.record_id
                    ON CONFLICT (source, record_id) DO UPDATE SET version = excluded.version, counts = excluded.counts, weekly = excluded.weekly,
                      person_id = excluded.person_id, day = excluded.day, until = excluded.until, age = excluded.age, price = excluded.price,
                      cost = excluded.cost, area_id = excluded.area_id, care_id = excluded.care_id
                    WHERE excluded.version > kept.version
                    """,
                    Text(rows, f => f.Source),
                    Text(rows, f => f.RecordId),
                    Column(rows, NpgsqlDbType.Bigint, f => f.Version),
                    Column(rows, NpgsqlDbType.Boolean, f => !f.Cancelled),
                    Column(rows, NpgsqlDbType.Boolean, IsWeekly),
                    Column(rows, NpgsqlDbType.Uuid, f => f.PersonId),
                    Column(rows, NpgsqlDbType.Date, f => f.Day),
                    Column(rows, NpgsqlDbType.Date, Until),
                    Column(rows, NpgsqlDbType.Smallint, f => f.Age is { } age ? (short)Math.Clamp(age, 0, short.MaxValue) : (short?)null),
                    // A council's weekly cost is also the price of its service.
                    Column(rows, NpgsqlDbType.Numeric, f => f.Price ?? (IsWeekly(f) ? f.Cost : null)),
                    Column(rows, NpgsqlDbType.Numeric, f => f.Cost),
                    Text(areas, a => a.Practice),
                    Text(areas, a => a.Locality),
                    Text(areas, a => a.Place),
                    Text(areas, a => a.System),
                    Text(cares, c => c.Kind),
                    Text(cares, c => c.AdmissionMethod),
                    Text(cares, c => c.PatientClass),
                    Text(cares, c => c.Provider)),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }

    public static async Task UpsertCountsAsync(NpgsqlConnection connection, IEnumerable<PracticeMonth> counts, CancellationToken ct)
    {
        var rows = counts.GroupBy(c => (c.Practice, c.Month)).Select(g => g.MaxBy(c => c.Version)!)
            .OrderBy(c => c.Practice, StringComparer.Ordinal).ThenBy(c => c.Month).ToList();
        if (rows.Count == 0)
            return;
        // The bands of all rows in one array, because PostgreSQL has no arrays of arrays of different lengths.
        var days = rows.SelectMany(c =>
        {
            var bands = new long[AgeBands.Unknown + 1];
            foreach (var row in c.Rows)
                bands[AgeBands.Of(row.AgeBand)] += row.PersonDays;
            return bands;
        });
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(
                    """
                    INSERT INTO contracts.register_count AS kept (practice, month, version, locality, place, system, person_days)
                    SELECT i.practice, i.month, i.version, i.locality, i.place, i.system, ($7::bigint[])[(i.n - 1) * $8 + 1 : i.n * $8]
                    FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS i (practice, month, version, locality, place, system, n)
                    ON CONFLICT (practice, month) DO UPDATE SET version = excluded.version, locality = excluded.locality, place = excluded.place,
                      system = excluded.system, person_days = excluded.person_days
                    WHERE excluded.version > kept.version
                    """,
                    Text(rows, c => c.Practice),
                    Column(rows, NpgsqlDbType.Date, c => new DateOnly(c.Month.Year, c.Month.Month, 1)),
                    Column(rows, NpgsqlDbType.Bigint, c => c.Version),
                    Text(rows, c => c.Locality),
                    Text(rows, c => c.Place),
                    Text(rows, c => c.System),
                    Column(days, NpgsqlDbType.Bigint, d => d),
                    new NpgsqlParameter { Value = AgeBands.Unknown + 1 }),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Deaths, and their withdrawal (no date).</summary>
    public static async Task UpsertDeathsAsync(NpgsqlConnection connection, IEnumerable<(Guid Person, DateOnly? Date, long Version)> deaths,
        CancellationToken ct)
    {
        var rows = deaths.GroupBy(d => d.Person).Select(g => g.MaxBy(d => d.Version)).OrderBy(d => d.Person).ToList();
        if (rows.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(
                    """
                    INSERT INTO contracts.death AS kept (person_id, version, died_on) SELECT * FROM unnest($1, $2, $3)
                    ON CONFLICT (person_id) DO UPDATE SET version = excluded.version, died_on = excluded.died_on WHERE excluded.version > kept.version
                    """,
                    Column(rows, NpgsqlDbType.Uuid, d => d.Person), Column(rows, NpgsqlDbType.Bigint, d => d.Version),
                    Column(rows, NpgsqlDbType.Date, d => d.Date)),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// Records of kinds that may carry money are kept even without an amount, because a statement counts those. Of other kinds a first
    /// version without an amount is ignored; a later one is kept, since it may replace a version with an amount.
    /// </summary>
    private static bool IsRelevant(CareFact fact) =>
        CostKinds.All.Contains(fact.Kind) || fact.Price is not null || fact.Cost is not null || fact.Version > 1;

    private static bool IsWeekly(CareFact fact) => fact.Kind == CostKinds.SocialCareService;

    /// <summary>The first day on which a weekly service no longer counts: the day of its end, but its first day always counts.</summary>
    private static DateOnly? Until(CareFact fact)
    {
        if (!IsWeekly(fact) || fact.End is not { } end)
            return null;
        var ended = LondonTime.DateOf(end);
        return ended > fact.Day ? ended : fact.Day.AddDays(1);
    }

    private static CostArea AreaOf(CareFact fact) => new(fact.Practice ?? "", fact.Locality ?? "", fact.Place ?? "", fact.System ?? "");

    private static CostCare CareOf(CareFact fact)
    {
        var spell = fact.DataAs<Spell>();
        return new CostCare(fact.Kind, spell?.AdmissionMethod?.ToUpperInvariant() ?? "", spell?.PatientClass ?? "", fact.Provider ?? "");
    }

    /// <summary>What Contracts reads of an inpatient spell.</summary>
    internal sealed record Spell(string? AdmissionMethod, string? PatientClass) : ICareData
    {
        public static string Kind => CostKinds.InpatientSpell;
    }

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }
}
