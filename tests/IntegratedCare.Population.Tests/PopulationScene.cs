using IntegratedCare.Testing;

namespace IntegratedCare.Population.Tests;

/// <summary>A small system for a test class: one trust, one commissioner, two practices in two localities.</summary>
public class PopulationScene : TestApp
{
    private static readonly SemaphoreSlim Once = new(1);
    private bool _built;
    private int _person;

    public HttpClient Operator => ClientFor("demo-operator", "operations");
    public HttpClient Trust => ClientFor("demo-acute-trust", "direct-care");
    public HttpClient Practice => ClientFor("demo-practice", "direct-care");

    public async Task BuildAsync()
    {
        await Once.WaitAsync();
        try
        {
            if (_built)
                return;
            using var client = Operator;
            foreach (var (code, kind) in new[] { ("RZ1", "acute-trust"), ("99A", "commissioner"), ("Y99001", "general-practice"),
                ("Y99002", "general-practice"), ("E06000991", "local-authority") })
                await client.PostAsync("/v1/population/organisations", new { code, name = $"Organisation {code}", kind }, 201);
            await client.PostAsync("/v1/population/places", new { code = "SYS", name = "System", level = "system" }, 201);
            await client.PostAsync("/v1/population/places", new { code = "PLC", name = "Place", level = "place", parent = "SYS" }, 201);
            await client.PostAsync("/v1/population/places", new
            {
                code = "NORTH",
                name = "North",
                level = "locality",
                parent = "PLC",
                practices = new[] { new { practice = "Y99001" } }
            }, 201);
            await client.PostAsync("/v1/population/places", new
            {
                code = "SOUTH",
                name = "South",
                level = "locality",
                parent = "PLC",
                practices = new[] { new { practice = "Y99002" } }
            }, 201);
            _built = true;
        }
        finally
        {
            Once.Release();
        }
    }

    /// <summary>A fresh, valid NHS number of the range that is for tests.</summary>
    public string NextNhsNumber() => NhsNumbers.Nth(Interlocked.Increment(ref _person));

    public static object Person(string nhsNumber, string practice = "Y99001", string birthDate = "1940-05-01", string registeredFrom = "2015-01-01") => new
    {
        nhsNumber,
        familyName = "Test",
        givenName = "Person",
        birthDate,
        sex = "2",
        practice,
        registeredFrom,
        imdDecile = 3,
    };

    public static object Spell(string id, string nhsNumber, string recordId, int version = 1, string? status = null, string admitted = "2026-03-01T10:00:00Z",
        string? discharged = "2026-03-05T12:00:00Z", string[]? diagnoses = null, string source = "urn:ods:RZ1:epr", string provider = "RZ1") => new
        {
            specversion = "1.0",
            id,
            source,
            type = "uk.integratedcare.inpatient-spell.v1",
            subject = nhsNumber,
            data = new
            {
                recordId,
                recordVersion = version,
                status,
                provider,
                admissionMethod = "21",
                admissionSource = "19",
                patientClass = "1",
                admitted,
                discharged,
                diagnoses = diagnoses ?? ["I500"],
                tariffPrice = 2100.50m,
            },
        };
}
