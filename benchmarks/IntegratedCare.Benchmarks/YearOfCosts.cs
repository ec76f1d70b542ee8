using IntegratedCare.Contracts;
using IntegratedCare.Contracts.Spend;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Benchmarks;

/// <summary>
/// A financial year of invented cost facts of a whole care system, straight in Contracts' tables: skewed over persons as care
/// is, in the order of their days as they would have come, and 500 scopes to measure them by.
/// </summary>
internal sealed class YearOfCosts(int persons)
{
    private const int Practices = 400;
    private const int Localities = 80;
    private const int Places = 19;
    public const string System = "BENCH-COSTS";

    public static readonly SettlementPeriod Period = SettlementPeriod.Parse("2025/26")!;

    public int Persons => persons;

    public int Facts { get; } = (int)(persons * 10L / 9);

    /// <summary>Each practice, locality and place and the system, by four measures in turn: whole cost, non-elective, older persons, and without one provider.</summary>
    public static IReadOnlyList<CostScope> Scopes { get; } =
        [.. Enumerable.Range(0, Practices).Select(n => Measure(n, CostScope.Practice, Practice(n)))
            .Concat(Enumerable.Range(0, Localities).Select(n => Measure(n, CostScope.Locality, Locality(n))))
            .Concat(Enumerable.Range(0, Places).Select(n => Measure(n, CostScope.Place, Place(n))))
            .Append(Measure(0, CostScope.System, System))];

    public async Task FillAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using (var clear = source.CreateCommand(
            "TRUNCATE contracts.cost_fact, contracts.cost_area, contracts.cost_care, contracts.register_count, contracts.death"))
            await clear.ExecuteNonQueryAsync(ct);
        var cares = Cares().ToList();
        await using var connection = await source.OpenConnectionAsync(ct);
        await Task.Run(() =>
        {
            CopyAreas(connection);
            CopyCares(connection, cares);
            CopyRegisters(connection);
            CopyFacts(connection, cares, ct);
        }, ct);
        await using var analyse = new NpgsqlCommand("VACUUM ANALYZE contracts.cost_fact, contracts.cost_area, contracts.cost_care, contracts.register_count", connection) { CommandTimeout = 600 };
        await analyse.ExecuteNonQueryAsync(ct);
    }

    private static CostScope Measure(int n, string kind, string area) => (n % 4) switch
    {
        0 => CostScope.TotalCost(kind, area, 250_000m),
        1 => CostScope.NonElective(kind, area, 20_000m),
        2 => CostScope.TotalCost(kind, area, 50_000m) with { AgeFrom = 65 },
        _ => CostScope.TotalCost(kind, area) with { Kinds = [CostKinds.InpatientSpell, CostKinds.EmergencyAttendance], ExcludedProviders = ["RZ3"] },
    };

    private static string Practice(int n) => $"Y{80000 + n}";

    private static string Locality(int practice) => $"BENCH-CL{practice % Localities}";

    private static string Place(int practice) => $"BENCH-CP{practice % Localities % Places}";

    private static IEnumerable<CostCare> Cares()
    {
        foreach (var provider in new[] { "RZ1", "RZ2", "RZ3", "RZ4" })
        {
            foreach (var method in new[] { "21", "22", "28", "2A", "11", "12", "13" })
                yield return new CostCare(CostKinds.InpatientSpell, method, method[0] == '1' ? "2" : "1", provider);
            for (var i = 0; i < 12; i++)
                yield return new CostCare(CostKinds.EmergencyAttendance, "", "", provider + (i / 4 == 0 ? "" : $"{i / 4}"));
        }

        yield return new CostCare(CostKinds.SocialCareService, "", "", "E06000991");
    }

    private static void CopyAreas(NpgsqlConnection connection)
    {
        using var copy = connection.BeginBinaryImport("COPY contracts.cost_area (practice, locality, place, system) FROM STDIN (FORMAT binary)");
        for (var n = 0; n < Practices; n++)
        {
            copy.StartRow();
            copy.Write(Practice(n), NpgsqlDbType.Text);
            copy.Write(Locality(n), NpgsqlDbType.Text);
            copy.Write(Place(n), NpgsqlDbType.Text);
            copy.Write(System, NpgsqlDbType.Text);
        }

        copy.Complete();
    }

    private static void CopyCares(NpgsqlConnection connection, List<CostCare> cares)
    {
        cares = [.. cares.Distinct()];
        using var copy = connection.BeginBinaryImport("COPY contracts.cost_care (kind, admission_method, patient_class, provider) FROM STDIN (FORMAT binary)");
        foreach (var care in cares)
        {
            copy.StartRow();
            copy.Write(care.Kind, NpgsqlDbType.Text);
            copy.Write(care.AdmissionMethod, NpgsqlDbType.Text);
            copy.Write(care.PatientClass, NpgsqlDbType.Text);
            copy.Write(care.Provider, NpgsqlDbType.Text);
        }

        copy.Complete();
    }

    private void CopyRegisters(NpgsqlConnection connection)
    {
        using var copy = connection.BeginBinaryImport("COPY contracts.register_count (practice, month, version, locality, place, system, person_days) FROM STDIN (FORMAT binary)");
        for (var n = 0; n < Practices; n++)
        {
            foreach (var month in Enumerable.Range(0, 12).Select(Period.First.AddMonths))
            {
                var days = (long)DateTime.DaysInMonth(month.Year, month.Month) * persons / Practices / (AgeBands.Last + 1);
                copy.StartRow();
                copy.Write(Practice(n), NpgsqlDbType.Text);
                copy.Write(month, NpgsqlDbType.Date);
                copy.Write(1L, NpgsqlDbType.Bigint);
                copy.Write(Locality(n), NpgsqlDbType.Text);
                copy.Write(Place(n), NpgsqlDbType.Text);
                copy.Write(System, NpgsqlDbType.Text);
                copy.Write((long[])[.. Enumerable.Repeat(days, AgeBands.Last + 1), 0], NpgsqlDbType.Array | NpgsqlDbType.Bigint);
            }
        }

        copy.Complete();
    }

    private void CopyFacts(NpgsqlConnection connection, List<CostCare> cares, CancellationToken ct)
    {
        var random = new Random(23);
        var ids = new Guid[persons];
        Span<byte> bytes = stackalloc byte[16];
        for (var p = 0; p < persons; p++)
        {
            random.NextBytes(bytes);
            ids[p] = new Guid(bytes);
        }

        var (areaIds, careIds) = (Ids(connection, "cost_area", "practice"), Ids(connection, "cost_care", "kind || '|' || admission_method || '|' || patient_class || '|' || provider"));
        var practice = Enumerable.Range(0, Practices).Select(n => areaIds[Practice(n)]).ToArray();
        var care = cares.ConvertAll(c => (Id: careIds[$"{c.Kind}|{c.AdmissionMethod}|{c.PatientClass}|{c.Provider}"], Weekly: c.Kind == CostKinds.SocialCareService));
        using var copy = connection.BeginBinaryImport(
            "COPY contracts.cost_fact (source, record_id, version, counts, weekly, person_id, day, until, age, price, cost, area_id, care_id) FROM STDIN (FORMAT binary)");
        for (var i = 0; i < Facts; i++)
        {
            if (i % 10_000 == 0)
                ct.ThrowIfCancellationRequested();
            // Few persons have most of the care; one in thirty-three records is a weekly service.
            var person = (int)(Math.Pow(random.NextDouble(), 2) * persons);
            var (careId, weekly) = random.Next(33) == 0 ? care[^1] : care[random.Next(care.Count - 1)];
            var day = Period.First.AddDays((int)(i * 365L / Facts));
            copy.StartRow();
            copy.Write("urn:ods:RZ1:epr", NpgsqlDbType.Text);
            copy.Write($"{i:D8}-7d1c-4c4a-9d0e-2f6f1b7c", NpgsqlDbType.Text);
            copy.Write(1L + random.Next(3), NpgsqlDbType.Bigint);
            copy.Write(random.Next(100) != 0, NpgsqlDbType.Boolean);
            copy.Write(weekly, NpgsqlDbType.Boolean);
            copy.Write(ids[person], NpgsqlDbType.Uuid);
            copy.Write(day, NpgsqlDbType.Date);
            if (weekly && random.Next(3) > 0)
                copy.Write(day.AddDays(1 + random.Next(200)), NpgsqlDbType.Date);
            else
                copy.WriteNull();
            copy.Write((short)(person % 101), NpgsqlDbType.Smallint);
            var price = Math.Round((decimal)(Math.Pow(random.NextDouble(), 4) * (weekly ? 1_500 : 9_000)) + 100, 2);
            copy.Write(price, NpgsqlDbType.Numeric);
            if (random.Next(20) == 0 && !weekly)
                copy.WriteNull();
            else
                copy.Write(Math.Round(price * 0.65m, 2), NpgsqlDbType.Numeric);
            copy.Write(practice[person % Practices], NpgsqlDbType.Integer);
            copy.Write(careId, NpgsqlDbType.Integer);
        }

        copy.Complete();
    }

    private static Dictionary<string, int> Ids(NpgsqlConnection connection, string table, string key)
    {
        using var command = new NpgsqlCommand($"SELECT {key}, id FROM contracts.{table}", connection);
        using var reader = command.ExecuteReader();
        var ids = new Dictionary<string, int>();
        while (reader.Read())
            ids.Add(reader.GetString(0), reader.GetInt32(1));
        return ids;
    }
}
