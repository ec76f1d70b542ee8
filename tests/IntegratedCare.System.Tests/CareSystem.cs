using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Testing;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>A small care system, built and used over HTTP: a trust, a commissioner, two practices, and who acts for them.</summary>
public sealed class CareSystem(Func<string, string?, string?, Task<HttpClient>> client)
{
    public const string Code = "SYS";
    private const string Single = "application/cloudevents+json";

    private readonly ConcurrentDictionary<string, Guid> _funds = [];

    public Task<HttpClient> Operator => client("demo-operator", "operations", null);
    public Task<HttpClient> Trust => client("demo-acute-trust", "direct-care", null);
    public Task<HttpClient> Practice => client("demo-practice", "direct-care", "name=Gee Pee; role=gp; registration=GMC 1234567");
    public Task<HttpClient> TrustNurse => client("demo-acute-trust", "direct-care", "name=Nora Nurse; role=community-nurse; registration=NMC 12A3456E");
    public Task<HttpClient> TrustChief => client("demo-acute-trust", "operations", "name=Cass Chief; role=chief executive");
    public Task<HttpClient> Commissioner => client("demo-commissioner", "commissioning", "name=Omar Officer; role=accountable officer");

    public async Task RegisterAsync(IEnumerable<object> persons)
    {
        var op = await Operator;
        foreach (var (code, kind) in new[] { ("RZ1", "acute-trust"), ("99A", "commissioner"), ("Y99001", "general-practice"), ("Y99002", "general-practice"),
            ("E06000991", "local-authority") })
            await op.PostAsync("/v1/population/organisations", new { code, name = $"Organisation {code}", kind }, 201);
        await op.PostAsync("/v1/population/places", new { code = Code, name = "System", level = "system" }, 201);
        await op.PostAsync("/v1/population/places", new { code = "PLC", name = "Place", level = "place", parent = Code }, 201);
        await op.PostAsync("/v1/population/places",
            new { code = "NORTH", name = "North", level = "locality", parent = "PLC", practices = new[] { new { practice = "Y99001" } } }, 201);
        await op.PostAsync("/v1/population/places",
            new { code = "SOUTH", name = "South", level = "locality", parent = "PLC", practices = new[] { new { practice = "Y99002" } } }, 201);
        var lines = string.Join('\n', persons.Select(p => JsonSerializer.Serialize(p, SharedJson.Wire)));
        (await op.PostAsync("/v1/population/persons", lines, 200, mediaType: "application/x-ndjson")).GetProperty("rejected").GetInt64().ShouldBe(0);
    }

    public static object Person(int n, string practice = "Y99001", string birthDate = "1940-05-01") => new
    {
        nhsNumber = NhsNumbers.Nth(n),
        familyName = "Test",
        givenName = "Person",
        birthDate,
        sex = "2",
        practice,
        registeredFrom = "2015-01-01",
        imdDecile = 3,
    };

    public static string Spell(int person, string recordId, DateTimeOffset admitted, int? nights, string[]? diagnoses = null, int version = 1,
        string? status = null, string method = "21", string? id = null) =>
        JsonSerializer.Serialize(new
        {
            specversion = "1.0",
            id = id ?? $"{recordId}-{version}",
            source = "urn:ods:RZ1:epr",
            type = "uk.integratedcare.inpatient-spell.v1",
            subject = NhsNumbers.Nth(person),
            data = new
            {
                recordId,
                recordVersion = version,
                status,
                provider = "RZ1",
                admissionMethod = method,
                admissionSource = "19",
                patientClass = "1",
                admitted,
                discharged = nights is { } n ? admitted.AddDays(n) : (DateTimeOffset?)null,
                diagnoses = diagnoses ?? ["R074"],
                tariffPrice = 2000m,
            },
        }, SharedJson.Wire);

    public async Task PostEventAsync(string body, int expected = 202) =>
        await (await Trust).PostAsync("/v1/population/events", body, expected, mediaType: Single);

    /// <summary>Waits until every outbox is empty; nothing may be parked.</summary>
    public async Task DrainAsync()
    {
        var op = await Operator;
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var backlog = (await op.GetAsync("/v1/operations/outbox", 200)).EnumerateArray().ToList();
            backlog.Sum(b => b.GetProperty("parked").GetInt64()).ShouldBe(0, "an event was parked");
            if (backlog.Sum(b => b.GetProperty("waiting").GetInt64() + b.GetProperty("retrying").GetInt64()) == 0)
                return;
            await Task.Delay(50, timeout.Token);
        }
    }

    /// <summary>An agreement between trust and commissioner with a risk-share on emergency admissions, signed by both.</summary>
    public async Task<Guid> AgreeRiskShareAsync(string title, string fund, decimal perQuarter, DateOnly from, DateOnly to)
    {
        var commissioner = await Commissioner;
        var agreement = await commissioner.PostAsync("/v1/contracts/agreements", new
        {
            title,
            form = "risk-share",
            structure = "bilateral",
            parties = new object[]
            {
                new { organisation = "99A", role = "commissioner", signatory = new { name = "Omar Officer", role = "accountable officer" } },
                new { organisation = "RZ1", role = "provider", signatory = new { name = "Cass Chief", role = "chief executive" } },
            },
            from,
            to,
            services = new[] { "emergency admissions" },
            system = Code,
        }, 201);
        var id = agreement.GetProperty("id").GetGuid();
        var share = await commissioner.PostAsync("/v1/contracts/risk-shares", new
        {
            agreementId = id,
            title,
            preset = "northumbria",
            terms = new
            {
                benchmark = new { perQuarter },
                unitPrice = 2000.00m,
                marginalCost = 800.00m,
                threshold = new { minimumSavingsRate = 0.01m, minimumLossRate = 0.01m, sharing = "first-pound" },
                limits = new { cap = 0.5m, floor = -0.5m, appliesTo = "result" },
                shares = new[] { new { party = "99A", gain = 0.6m, loss = 0.5m }, new { party = "RZ1", gain = 0.4m, loss = 0.5m } },
                fund,
                fundId = _funds.TryGetValue(fund, out var named) ? named : (Guid?)null,
            },
        }, 201);
        await commissioner.PostAsync($"/v1/contracts/agreements/{id}/signatures", "", 200, "*");
        var signed = await (await TrustChief).PostAsync($"/v1/contracts/agreements/{id}/signatures", "", 200, "*");
        signed.GetProperty("status").GetString().ShouldBe("active");
        return share.GetProperty("id").GetGuid();
    }

    /// <summary>A fund of the commissioner's, in force by the operator's word; risk-shares agreed afterwards name it by its id.</summary>
    public async Task<Guid> CreateFundAsync(string code, string year) => _funds[code] = (await (await Operator).PostAsync("/v1/commissioning/funds", new
    {
        code,
        title = $"Fund {code}",
        legalForm = "section-75",
        host = "99A",
        system = Code,
        partners = new[] { "99A", "RZ1" },
        financialYear = year,
    }, 201)).GetProperty("id").GetGuid();

    public static async Task<T> ScalarAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static string Month(DateOnly day) => day.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
