using IntegratedCare.Contracts;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.RiskShares.Simulations;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Spend;
using IntegratedCare.Shared.Calendar;
using Npgsql;

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

    public static readonly Period Period = Period.Parse("2025/26")!;

    public int Persons => persons;

    public int Facts { get; } = (int)(persons * 10L / 9);

    /// <summary>
    /// Each practice, locality and place and the system, by four measures in turn: whole cost, non-elective, older persons, and without
    /// one provider.
    /// </summary>
    public static IReadOnlyList<CostScope> Scopes { get; } =
        [.. Enumerable.Range(0, Practices).Select(n => Measure(n, CostScope.Practice, Practice(n)))
            .Concat(Enumerable.Range(0, Localities).Select(n => Measure(n, CostScope.Locality, Locality(n))))
            .Concat(Enumerable.Range(0, Places).Select(n => Measure(n, CostScope.Place, Place(n))))
            .Append(Measure(0, CostScope.System, System))];

    public async Task FillAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        List<CostArea> areas = [.. Enumerable.Range(0, Practices).Select(n => new CostArea(Practice(n), Locality(n), Place(n), System))];
        List<CostCare> cares = [.. Cares()];
        List<DateOnly> months = [.. Enumerable.Range(0, 12).Select(Period.First.AddMonths)];
        await using var connection = await source.OpenConnectionAsync(ct);
        await ProductTables.ClearCostsAsync(connection, ct);
        await Task.Run(() =>
        {
            ProductTables.CopyAreas(connection, areas);
            ProductTables.CopyCares(connection, cares.Distinct());
            ProductTables.CopyRegisters(
                connection, areas, months, month => (long)DateTime.DaysInMonth(month.Year, month.Month) * persons / Practices / (AgeBands.Last + 1));
            ProductTables.CopyFacts(connection, areas, cares, Invent(cares, ct));
        }, ct);
        await ProductTables.AnalyseCostsAsync(connection, ct);
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

    private IEnumerable<CostFactRow> Invent(List<CostCare> cares, CancellationToken ct)
    {
        var random = new Random(23);
        var ids = new Guid[persons];
        var bytes = new byte[16];
        for (var p = 0; p < persons; p++)
        {
            random.NextBytes(bytes);
            ids[p] = new Guid(bytes);
        }

        for (var i = 0; i < Facts; i++)
        {
            if (i % 10_000 == 0)
                ct.ThrowIfCancellationRequested();
            // Few persons have most of the care; one in thirty-three records is a weekly service.
            var person = (int)(Math.Pow(random.NextDouble(), 2) * persons);
            var care = random.Next(33) == 0 ? cares.Count - 1 : random.Next(cares.Count - 1);
            var weekly = cares[care].Kind == CostKinds.SocialCareService;
            var day = Period.First.AddDays((int)(i * 365L / Facts));
            var (version, counts) = (1L + random.Next(3), random.Next(100) != 0);
            DateOnly? until = weekly && random.Next(3) > 0 ? day.AddDays(1 + random.Next(200)) : null;
            var price = Math.Round((decimal)(Math.Pow(random.NextDouble(), 4) * (weekly ? 1_500 : 9_000)) + 100, 2);
            decimal? cost = random.Next(20) == 0 && !weekly ? null : Math.Round(price * 0.65m, 2);
            yield return new CostFactRow(
                $"{i:D8}-7d1c-4c4a-9d0e-2f6f1b7c", version, counts, weekly, ids[person], day, until, (short)(person % 101), price, cost,
                person % Practices, care);
        }
    }
}
