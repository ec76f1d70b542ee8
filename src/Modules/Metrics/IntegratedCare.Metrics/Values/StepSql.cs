using IntegratedCare.Metrics.Domain;
using Npgsql;

namespace IntegratedCare.Metrics.Storage;

/// <summary>How many records or persons of an area and period each step of a definition leaves, for lineage.</summary>
internal static class StepSql
{
    public static async Task<IReadOnlyList<(string Step, long Count)>> CountAsync(NpgsqlConnection connection, MetricDefinition definition, ValueKey key, DateOnly today, CancellationToken ct)
    {
        var period = Period.Of(key.Grain, key.First);
        // The area kind comes from our own table and is one of three.
        var area = key.AreaKind switch { "practice" => "practice", "locality" => "locality", "system" => "system", _ => throw new InvalidOperationException("No such kind of area.") };
        var (steps, sql) = definition.Numerator.Measure switch
        {
            Measures.BedDays => (["inpatient spells that touch the period", "not cancelled", "patient class 1 (ordinary admission)", "at least one midnight in the period"],
                $"""
                SELECT count(*), count(*) FILTER (WHERE NOT cancelled), count(*) FILTER (WHERE NOT cancelled AND ordinary),
                  count(*) FILTER (WHERE NOT cancelled AND ordinary AND least(coalesce(end_day, $4), $4, $3 - 1) - greatest(day, $2 - 1) > 0)
                FROM metrics.fact WHERE {area} = $1 AND kind = 'inpatient-spell' AND day < $3 AND coalesce(end_day, 'infinity'::date) >= $2
                """),
            Measures.EmergencyAdmissions or Measures.AcsAdmissions => (
                (string[])["inpatient spells admitted in the period", "not cancelled", "patient class 1 (ordinary admission)", "emergency admission method",
                    .. definition.Numerator.CodeList is null ? Array.Empty<string>() : ["transfer, sex and age rules, and the code list"]],
                $"""
                SELECT count(*), count(*) FILTER (WHERE NOT cancelled), count(*) FILTER (WHERE NOT cancelled AND ordinary),
                  count(*) FILTER (WHERE NOT cancelled AND ordinary AND emergency), count(*) FILTER (WHERE NOT cancelled AND ordinary AND acs)
                FROM metrics.fact WHERE {area} = $1 AND kind = 'inpatient-spell' AND day >= $2 AND day < $3 AND $4 IS NOT NULL
                """),
            _ => ([], ""),
        };
        if (steps.Length == 0)
            return [];
        await using var command = connection.Command(sql, new NpgsqlParameter { Value = key.Area }, Bulk.Date(period.First), Bulk.Date(period.Next), Bulk.Date(today));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return [.. steps.Select((step, i) => (step, reader.GetInt64(i)))];
    }
}
