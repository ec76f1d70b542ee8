namespace IntegratedCare.Metrics.Definitions;

/// <summary>
/// The SQL of the measures. Each statement takes the periods as $1 grain, $2 first, $3 next and today as $4, and answers grain, first,
/// area kind, area, parent, numerator, sum of squares over persons, persons, denominator and what to divide it by.
/// </summary>
internal static class MeasureSql
{
    private const string Periods = "period AS (SELECT * FROM unnest($1, $2, $3) WITH ORDINALITY AS p (grain, first, next, nr))";

    public static string Of(MetricDefinition definition) => definition.Numerator.Measure switch
    {
        Measures.BedDays => Rate(
            """
            SELECT p.nr, f.person_id, f.practice, f.locality, f.system,
              least(coalesce(f.end_day, $4), $4, p.next - 1) - greatest(f.day, p.first - 1) AS n
            FROM period p JOIN metrics.fact f ON f.day < p.next AND coalesce(f.end_day, 'infinity'::date) >= p.first
            WHERE f.ordinary AND NOT f.cancelled
            """),
        Measures.EmergencyAdmissions => Rate(Admitted("emergency")),
        Measures.AcsAdmissions => Rate(Admitted("acs")),
        Measures.Plans => Plans,
        var other => throw new InvalidOperationException($"No measure {other}."),
    };

    private static string Admitted(string flag) =>
        $"""
        SELECT p.nr, f.person_id, f.practice, f.locality, f.system, 1 AS n
        FROM period p JOIN metrics.fact f ON f.day >= p.first AND f.day < p.next
        WHERE f.ordinary AND f.{flag} AND NOT f.cancelled
        """;

    private static string Areas(string row) =>
        $"""
        CROSS JOIN LATERAL (VALUES ('practice', {row}.practice, {row}.locality), ('locality', {row}.locality, {row}.system), ('system', {row}.system, NULL))
            AS a (area_kind, area, parent)
        """;

    /// <summary>Events over the average registered population of the months that have been counted.</summary>
    /// <remarks>
    /// A person's events of one practice are summed first: the rows that are then counted for three areas are as many as persons, not events.
    /// </remarks>
    private static string Rate(string events) =>
        $"""
        WITH {Periods},
        event AS ({events}),
        patient AS (
          SELECT nr, person_id, practice, locality, system, sum(n) AS n FROM event WHERE n > 0
          GROUP BY person_id, nr, practice, locality, system
        ),
        person AS (
          SELECT e.nr, a.area_kind, a.area, max(a.parent) AS parent, sum(e.n)::bigint AS n
          FROM patient e {Areas("e")}
          WHERE a.area IS NOT NULL
          GROUP BY e.person_id, e.nr, a.area_kind, a.area
        ),
        counted AS (
          SELECT nr, area_kind, area, max(parent) AS parent, sum(n)::bigint AS n, sum(n * n)::bigint AS squares, count(*) AS persons
          FROM person GROUP BY nr, area_kind, area
        ),
        area_month AS (
          SELECT p.nr, a.area_kind, a.area, max(a.parent) AS parent, sum(c.person_days)::bigint AS person_days,
            (c.month + interval '1 month')::date - c.month AS days
          FROM period p JOIN metrics.register_count c ON c.month >= p.first AND c.month < p.next {Areas("c")}
          WHERE a.area IS NOT NULL
          GROUP BY p.nr, a.area_kind, a.area, c.month
        ),
        population AS (
          SELECT nr, area_kind, area, max(parent) AS parent, sum(person_days)::bigint AS person_days, sum(days)::bigint AS days
          FROM area_month GROUP BY nr, area_kind, area
        )
        SELECT period.grain, period.first, area_kind, area, coalesce(p.parent, c.parent), coalesce(c.n, 0), coalesce(c.squares, 0), coalesce(c.persons, 0),
          nullif(p.person_days, 0), coalesce(p.days, 1)
        FROM counted c FULL JOIN population p USING (nr, area_kind, area) JOIN period USING (nr)
        WHERE c.n > 0 OR p.person_days > 0
        """;

    /// <summary>Persons on the register at the end of the period (or today), and those of them with a current plan.</summary>
    private static string Plans =>
        $"""
        WITH {Periods},
        point AS (SELECT grain, first, least(next - 1, $4) AS day FROM period),
        decision AS (
          SELECT DISTINCT ON (p.grain, p.first, r.person_id) p.grain, p.first, p.day, r.person_id, r.status, r.practice, r.locality, r.system
          FROM point p JOIN metrics.register_entry r ON r.effective <= p.day
          ORDER BY p.grain, p.first, r.person_id, r.version DESC
        ),
        member AS (
          SELECT d.* FROM decision d LEFT JOIN metrics.death x ON x.person_id = d.person_id
          WHERE d.status = 'confirmed' AND (x.died_on IS NULL OR x.died_on > d.day)
        ),
        change AS (
          SELECT DISTINCT ON (p.grain, p.first, l.episode_id) p.grain, p.first, p.day, l.person_id, l.anticipatory, l.current_from, l.ended_on
          FROM point p JOIN metrics.plan l ON l.effective <= p.day
          ORDER BY p.grain, p.first, l.episode_id, l.at DESC, l.plan_version DESC
        ),
        holder AS (
          SELECT DISTINCT grain, first, person_id FROM change
          WHERE anticipatory AND ended_on IS NULL AND current_from > day - interval '12 months'
        )
        SELECT m.grain, m.first, a.area_kind, a.area, max(a.parent), count(h.person_id), count(h.person_id), count(h.person_id), count(*), 1::bigint
        FROM member m LEFT JOIN holder h ON h.grain = m.grain AND h.first = m.first AND h.person_id = m.person_id {Areas("m")}
        WHERE a.area IS NOT NULL
        GROUP BY m.grain, m.first, a.area_kind, a.area
        """;
}
