using IntegratedCare.Metrics.Values;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Metrics.Definitions;

/// <summary>How many records of an area and period each step of a definition leaves, for lineage.</summary>
internal static class StepSql
{
    private static readonly string[] BedDaySteps =
        ["inpatient spells that touch the period", "not cancelled", "patient class 1 (ordinary admission)", "at least one midnight in the period"];

    private static readonly string[] AdmissionSteps =
        ["inpatient spells admitted in the period", "not cancelled", "patient class 1 (ordinary admission)", "emergency admission method"];

    public static async Task<IReadOnlyList<(string Step, long Count)>> CountStepsAsync(
        this MetricsSession session, MetricDefinition definition, ValueKey key, CancellationToken ct)
    {
        // The area kind comes from our own table and is one of three.
        var area = key.AreaKind is "practice" or "locality" or "system" ? key.AreaKind : throw new InvalidOperationException("No such kind of area.");
        if (Steps(definition, area) is not ({ } steps, { } sql))
            return [];
        await using var command = await session.CommandAsync(sql, ct, key.Area, Date(key.Period.First), Date(key.Period.Next), Date(session.Today));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return [.. steps.Select((step, i) => (step, reader.GetInt64(i)))];
    }

    /// <summary>The steps, and the statement that counts them: $1 area, $2 first day, $3 the day after the last, $4 today.</summary>
    private static (string[] Steps, string Sql)? Steps(MetricDefinition definition, string area) => definition.Numerator.Measure switch
    {
        Measures.BedDays => (BedDaySteps,
            $"""
            SELECT count(*), count(*) FILTER (WHERE NOT cancelled), count(*) FILTER (WHERE NOT cancelled AND ordinary),
              count(*) FILTER (WHERE NOT cancelled AND ordinary AND least(coalesce(end_day, $4), $4, $3 - 1) - greatest(day, $2 - 1) > 0)
            FROM metrics.fact WHERE {area} = $1 AND kind = 'inpatient-spell' AND day < $3 AND coalesce(end_day, 'infinity'::date) >= $2
            """),
        Measures.EmergencyAdmissions or Measures.AcsAdmissions => (
            definition.Numerator.CodeList is null ? AdmissionSteps : [.. AdmissionSteps, "transfer, sex and age rules, and the code list"],
            $"""
            SELECT count(*), count(*) FILTER (WHERE NOT cancelled), count(*) FILTER (WHERE NOT cancelled AND ordinary),
              count(*) FILTER (WHERE NOT cancelled AND ordinary AND emergency), count(*) FILTER (WHERE NOT cancelled AND ordinary AND acs)
            FROM metrics.fact WHERE {area} = $1 AND kind = 'inpatient-spell' AND day >= $2 AND day < $3 AND $4 IS NOT NULL
            """),
        _ => null,
    };
}
