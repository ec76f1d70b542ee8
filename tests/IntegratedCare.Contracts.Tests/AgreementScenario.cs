using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Metrics.Events;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Contracts.Tests;

/// <summary>Agreements between the demo organisations over HTTP: drafted, signed by all, and moved with the calendar.</summary>
internal sealed class AgreementScenario(TestApp app)
{
    private static readonly Dictionary<string, string> Clients = new()
    {
        ["99A"] = "demo-commissioner",
        ["RZ1"] = "demo-acute-trust",
        ["RZ2"] = "demo-mental-health-trust",
        ["RZ3"] = "demo-community-trust",
        ["FED01"] = "demo-gp-federation",
        ["E06000991"] = "demo-council",
        ["QZ9"] = "demo-integrated-care-board",
        ["OPR01"] = "demo-operator",
    };

    public static string Path(Guid agreement) => $"/v1/contracts/agreements/{agreement}";

    public static string SharePath(Guid riskShare) => $"/v1/contracts/risk-shares/{riskShare}";

    public async Task RegisterAsync()
    {
        foreach (var (code, kind) in new[] { ("99A", "commissioner"), ("RZ1", "acute-trust"), ("RZ2", "mental-health-trust"), ("RZ3", "community-trust"),
            ("FED01", "gp-federation"), ("E06000991", "local-authority"), ("QZ9", "integrated-care-board") })
            await app.PublishAsync(new OrganisationChanged(code, $"Organisation {code}", kind, null, null, null, null, 1));
        await app.DrainOutboxAsync();
    }

    /// <summary>What was published under a name for an aggregate.</summary>
    public async Task<List<JsonElement>> PublishedAsync(string name, Guid key) =>
        [.. JsonDocument.Parse(await app.ScalarAsync<string>("SELECT coalesce(jsonb_agg(payload::jsonb ORDER BY seq), '[]')::text FROM contracts.outbox "
            + "WHERE name = $1 "
            + "AND key = $2", name, key.ToString())).RootElement.EnumerateArray()];

    /// <summary>The organisation's client, with its signatory or another person acting.</summary>
    public HttpClient As(string organisation, string? person = null) =>
        app.ClientFor(Clients[organisation], organisation == "OPR01" ? "operations" : null, $"name={person ?? $"Chief of {organisation}"}; role=chief officer");

    /// <param name="parties">As <c>99A:commissioner</c>, <c>RZ3:provider</c>, <c>RZ1:prime</c>.</param>
    public static JsonObject Draft(string structure, string[] parties, string from = "2020-04-01", string to = "2049-03-31", string[]? services = null)
    {
        var draft = new JsonObject
        {
            ["title"] = $"{structure} of {parties.Length}",
            ["form"] = "risk-share",
            ["structure"] = structure,
            ["from"] = from,
            ["to"] = to,
            ["system"] = "N01",
            ["services"] = new JsonArray([.. (services ?? ["emergency admissions", "community nursing"]).Select(s => (JsonNode)s)]),
            ["parties"] = new JsonArray([.. parties.Select(p => p.Split(':')).Select(p => (JsonNode)new JsonObject
            {
                ["organisation"] = p[0],
                ["role"] = p[1] == "prime" ? "provider" : p[1],
                ["prime"] = p[1] == "prime",
                ["signatory"] = new JsonObject { ["name"] = $"Chief of {p[0]}", ["role"] = "chief officer" },
            })]),
        };
        return draft;
    }

    public async Task<Guid> CreateAsync(JsonObject draft)
    {
        var first = draft["parties"]![0]!["organisation"]!.GetValue<string>();
        return (await As(first).PostAsync("/v1/contracts/agreements", draft, 201)).GetProperty("id").GetGuid();
    }

    public async Task<JsonElement> SignAsync(Guid agreement)
    {
        JsonElement last = default;
        foreach (var party in (await As("OPR01").GetAsync(Path(agreement), 200)).GetProperty("parties").EnumerateArray())
            last = await As(party.GetProperty("organisation").GetString()!).PostAsync($"{Path(agreement)}/signatures", "", 200, "*");
        return last;
    }

    public async Task<Guid> SignedAsync(JsonObject draft)
    {
        var id = await CreateAsync(draft);
        await SignAsync(id);
        return id;
    }

    /// <summary>An agreement in force with one risk-share on emergency admissions: 1,500 a quarter at 2,000.</summary>
    public async Task<(Guid Agreement, Guid RiskShare)> InForceAsync(JsonObject draft, params (string Party, decimal Gain, decimal Loss)[] shares)
    {
        var agreement = await CreateAsync(draft);
        var first = draft["parties"]![0]!["organisation"]!.GetValue<string>();
        var riskShare = (await As(first).PostAsync("/v1/contracts/risk-shares",
            new { agreementId = agreement, title = "Emergency admissions", preset = "northumbria", terms = Terms(1500, shares) },
            201)).GetProperty("id").GetGuid();
        (await SignAsync(agreement)).GetProperty("status").GetString().ShouldBe("active");
        return (agreement, riskShare);
    }

    public static object Terms(decimal perQuarter, params (string Party, decimal Gain, decimal Loss)[] shares) => new
    {
        benchmark = new { perQuarter },
        unitPrice = 2000.00m,
        marginalCost = 800.00m,
        shares = shares.Select(s => new { party = s.Party, gain = s.Gain, loss = s.Loss }),
        payer = "99A",
        fund = "NOFUND",
    };

    /// <summary>Values of every month of some years, for the system all agreements here are of.</summary>
    public async Task PublishAsync(double count, params int[] years)
    {
        await app.PublishAsync(new ValuesPublished(Guid.CreateVersion7(), [.. years.SelectMany(y => Enumerable.Range(1, 12).Select(m =>
            new PublishedValue(Guid.CreateVersion7(), "emergency_admissions", 1, "system", "N01", $"{y}-{m:00}", 1, count, null, count, null, null, "final",
                new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero))))]));
        await app.DrainOutboxAsync();
    }

    /// <summary>Moves the clock to a day and the agreements with it.</summary>
    public async Task GoToAsync(DateOnly day)
    {
        app.Clock.SetTo(LondonTime.StartOf(day).AddHours(9));
        await app.Services.GetRequiredService<AgreementCalendar>().AdvanceAsync(default);
    }

    public void BackToNow() => app.Clock.SetTo(TimeProvider.System.GetUtcNow());

    public static string Code(JsonElement problem) => problem.GetProperty("code").GetString()!;

    public static string Detail(JsonElement problem) => problem.GetProperty("detail").GetString()!;

    public static decimal Transfer(JsonElement settlement, string party) =>
        settlement.GetProperty("statement").GetProperty("transfers").EnumerateArray().Single(t =>
            t.GetProperty("party").GetString() == party).GetProperty("amount").GetDecimal();

    public static List<string> Strings(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString()!)];
}
