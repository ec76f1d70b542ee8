using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Documents;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Contracts.Spend;

/// <summary>
/// Reads the spend of a period for any number of scopes in one pass over the period's records: one query returns each record in any of
/// the areas once, and <see cref="CostTotals"/> adds them up.
/// </summary>
internal static class CostReader
{
    /// <summary>One input per scope, in the scopes' order. A weekly service without an end counts up to the end of the period.</summary>
    /// <exception cref="ArgumentException">A scope cannot be measured: see <see cref="CostScope.Fault"/>.</exception>
    public static async Task<IReadOnlyList<CostInput>> ReadAsync(NpgsqlConnection connection, IReadOnlyList<CostScope> scopes, Period period,
        CancellationToken ct)
    {
        if (scopes.Select(s => s.Fault()).FirstOrDefault(f => f is not null) is { } fault)
            throw new ArgumentException(fault, nameof(scopes));
        if (scopes.Count == 0)
            return [];
        var (first, next) = (period.First, period.Next);
        var unwanted = (await CaresAsync(connection, ct)).Where(c => !scopes.Any(s => s.CountsCare(c.Value))).Select(c => c.Key).ToArray();
        var (entries, persons) = await EntriesAsync(connection, scopes, unwanted, first, next, ct);
        // Read after the records: areas and cares are only added, so they include all that the records refer to.
        var (areas, cares) = (await AreasAsync(connection, ct), await CaresAsync(connection, ct));
        var sums = CostTotals.Add(scopes, entries.Span, persons, areas, cares);
        var registers = await RegistersAsync(connection, scopes, first, next, ct);
        var days = next.DayNumber - first.DayNumber;
        return [.. sums.Select((sum, i) => new CostInput(scopes[i], period.Label,
            registers[i].PersonDays is { } total ? Units.Fix((decimal)total / days, Units.Scale(Units.Persons)) : null, registers[i].Months.Count,
            sum.Persons, sum.Records, sum.WithoutPrice, sum.WithoutCost, sum.AtPrice, sum.AtCost, sum.HighestVersion, sum.Versions))];
    }

    private static async Task<(ReadOnlyMemory<CostEntry> Entries, int Persons)> EntriesAsync(
        NpgsqlConnection connection, IReadOnlyList<CostScope> scopes, int[] unwantedCares, DateOnly first, DateOnly next, CancellationToken ct)
    {
        // Records that are not weekly are found by their day; weekly services by running in the period.
        await using var command = new NpgsqlCommand(
            """
            SELECT f.person_id, f.area_id, f.care_id, f.age, f.price, f.cost, f.version, NULL::date, NULL::date
            FROM contracts.cost_fact f
            WHERE f.counts AND NOT f.weekly AND f.day >= $6 AND f.day < $7 AND f.care_id <> ALL ($5)
              AND f.area_id IN (SELECT id FROM contracts.cost_area WHERE practice = ANY ($1) OR locality = ANY ($2) OR place = ANY ($3) OR system = ANY ($4))
            UNION ALL
            SELECT f.person_id, f.area_id, f.care_id, f.age, f.price, f.cost, f.version, f.day, least(f.until, d.died_on + 1, $7)
            FROM contracts.cost_fact f LEFT JOIN contracts.death d USING (person_id)
            WHERE f.counts AND f.weekly AND f.day < $7 AND least(f.until, d.died_on + 1, $7) > greatest(f.day, $6) AND f.care_id <> ALL ($5)
              AND f.area_id IN (SELECT id FROM contracts.cost_area WHERE practice = ANY ($1) OR locality = ANY ($2) OR place = ANY ($3) OR system = ANY ($4))
            """, connection)
        {
            CommandTimeout = 600,
            Parameters =
            {
                Areas(scopes, CostScope.Practice),
                Areas(scopes, CostScope.Locality),
                Areas(scopes, CostScope.Place),
                Areas(scopes, CostScope.System),
                new() { Value = unwantedCares },
                new() { Value = first },
                new() { Value = next },
            },
        };
        var persons = new Dictionary<Guid, int>();
        var (entries, count) = (new CostEntry[1024], 0);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (!persons.TryGetValue(reader.GetGuid(0), out var person))
                persons.Add(reader.GetGuid(0), person = persons.Count);
            var (price, cost) = (Pence(reader, 4), Pence(reader, 5));
            if (!reader.IsDBNull(7))
            {
                var (began, to) = (reader.GetFieldValue<DateOnly>(7), reader.GetFieldValue<DateOnly>(8));
                var from = began > first ? began : first;
                (price, cost) = (CostTotals.Accrued(price, began, from, to), CostTotals.Accrued(cost, began, from, to));
            }

            if (count == entries.Length)
                Array.Resize(ref entries, 2 * count);
            entries[count++] = new CostEntry(person, reader.GetInt32(1), reader.GetInt32(2), reader.IsDBNull(3) ? (short)-1 : reader.GetInt16(3), price, cost,
                reader.GetInt64(6));
        }

        return (entries.AsMemory(0, count), persons.Count);
    }

    /// <summary>Person-days of each scope, null where its ages cannot be counted, and the months they are of.</summary>
    private static async Task<(long? PersonDays, HashSet<DateOnly> Months)[]> RegistersAsync(
        NpgsqlConnection connection, IReadOnlyList<CostScope> scopes, DateOnly first, DateOnly next, CancellationToken ct)
    {
        await using var command = connection.Command(
            """
            SELECT practice, locality, place, system, month, person_days FROM contracts.register_count
            WHERE month >= $5 AND month < $6 AND (practice = ANY ($1) OR locality = ANY ($2) OR place = ANY ($3) OR system = ANY ($4))
            """, Areas(scopes, CostScope.Practice), Areas(scopes, CostScope.Locality), Areas(scopes, CostScope.Place),
            Areas(scopes, CostScope.System), first, next);
        var found = scopes.Select(s => (PersonDays: s.Bands() is null ? (long?)null : 0, Months: new HashSet<DateOnly>())).ToArray();
        var byArea = scopes.Select((s, i) => (s.AreaKind, s.Area, Index: i)).ToLookup(s => (s.AreaKind, s.Area), s => s.Index);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (month, days) = (reader.GetFieldValue<DateOnly>(4), reader.GetFieldValue<long[]>(5));
            foreach (var (ordinal, kind) in CostScope.AreaKinds.Index())
            {
                if (reader.IsDBNull(ordinal))
                    continue;
                foreach (var i in byArea[(kind, reader.GetString(ordinal))])
                {
                    found[i].Months.Add(month);
                    if (scopes[i].AnyAge)
                        found[i].PersonDays += days.Sum();
                    else if (scopes[i].Bands() is var (from, to))
                        found[i].PersonDays += days[from..(to + 1)].Sum();
                }
            }
        }

        return found;
    }

    private static async Task<Dictionary<int, CostArea>> AreasAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command("SELECT id, practice, locality, place, system FROM contracts.cost_area");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var areas = new Dictionary<int, CostArea>();
        while (await reader.ReadAsync(ct))
            areas.Add(reader.GetInt32(0), new CostArea(reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4)));
        return areas;
    }

    private static async Task<Dictionary<int, CostCare>> CaresAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command("SELECT id, kind, admission_method, patient_class, provider FROM contracts.cost_care");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var cares = new Dictionary<int, CostCare>();
        while (await reader.ReadAsync(ct))
            cares.Add(reader.GetInt32(0), new CostCare(reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4)));
        return cares;
    }

    private static NpgsqlParameter Areas(IReadOnlyList<CostScope> scopes, string kind) =>
        new() { Value = scopes.Where(s => s.AreaKind == kind).Select(s => s.Area).Distinct().ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static long Pence(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? CostTotals.None : (long)(reader.GetDecimal(ordinal) * 100);
}
