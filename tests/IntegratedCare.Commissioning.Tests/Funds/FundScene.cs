using System.Text.Json;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Population.Events;
using IntegratedCare.Testing;

namespace IntegratedCare.Commissioning.Tests.Funds;

/// <summary>Three organisations of the register, and what the tests of funds have in common; agreed settlements are fed in as events.</summary>
public abstract class FundScene(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    protected TestApp App { get; } = app;

    public async ValueTask InitializeAsync()
    {
        await PublishAsync(
            new OrganisationChanged("RZ1", "Northern Trust", "acute-trust", null, null, null, null, 1),
            new OrganisationChanged("99A", "Northern Commissioner", "commissioner", null, null, null, null, 1),
            new OrganisationChanged("E06000991", "Northern Council", "local-authority", null, null, null, null, 1));
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>A fund of the commissioner's, in force with its partners at once by the operator's word.</summary>
    protected async Task<string> CreateFundAsync(string code, string system, params string[] partners)
    {
        var created = await App.ClientFor("demo-operator", "operations")
            .PostAsync("/v1/commissioning/funds", FundBody(code, system, partners.Length == 0 ? ["RZ1", "E06000991"] : partners), 201);
        created.GetProperty("partners")[0].GetProperty("organisation").GetString().ShouldBe("99A");
        return Path(created);
    }

    protected static string Path(JsonElement fund) => $"/v1/commissioning/funds/{fund.GetProperty("id").GetGuid()}";

    protected static FundRequest FundBody(string code, string system, params string[] partners) =>
        new(code, "Better Care Fund", "better-care-fund", "99A", system, partners, "2026/27");

    protected static async Task<List<JsonElement>> HeldAsync(HttpClient client, string code) =>
        [.. (await client.GetAsync("/v1/commissioning/unposted-settlements", 200)).GetProperty("items").EnumerateArray()
            .Where(i => i.GetProperty("fund").GetString() == code)];

    /// <param name="fund">The path of the fund that the terms name by its id; null: they name none.</param>
    protected static SettlementAgreed Agreed(string? fund, string system, string period, int version, params (string Party, decimal Amount)[] postings) => new(
        Guid.CreateVersion7(), Guid.CreateVersion7(), "Emergency admissions", period, version, $"F-{system}",
        fund is null ? null : Guid.Parse(fund[^36..]), system,
        "GBP", [.. postings.Select((p, i) => new SettlementPosting(p.Party, p.Amount, 17 + i))], new string('0', 64),
        new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero));

    protected sealed record FundRequest(
        string code, string title, string legalForm, string host, string system, string[] partners, string financialYear);

    protected async Task PublishAsync<TEvent>(params TEvent[] events) where TEvent : IntegratedCare.Shared.Events.IEvent
    {
        await App.PublishAsync(events);
        await App.DrainOutboxAsync();
    }
}
