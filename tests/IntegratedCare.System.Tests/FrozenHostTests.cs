using System.Diagnostics;
using System.Globalization;
using IntegratedCare.Testing;

namespace IntegratedCare.System.Tests;

/// <summary>
/// A host that stands still, its connections open, is replaced within 15 s, and changes nothing when it wakes. It stands still for 25 s,
/// or for as many seconds as <c>INTEGRATED_CARE_FROZEN_SECONDS</c> says.
/// </summary>
public sealed class FrozenHostTests
{
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("INTEGRATED_CARE_FROZEN_SECONDS") ?? "25", CultureInfo.InvariantCulture));

    [Fact]
    public async Task A_host_that_stands_still_is_replaced_and_wakes_to_nothing()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        await using var still = await HostProcess.StartAsync(database.ConnectionString);
        await UntilAsync(async () => await OwnersAsync() == 1, TimeSpan.FromSeconds(20));
        await using var healthy = await HostProcess.StartAsync(database.ConnectionString);
        using var op = await healthy.ClientAsync("demo-operator", "operations");
        using var health = new HttpClient { BaseAddress = healthy.Url };

        await RegisterAsync(0);
        await UntilAsync(async () => await AppliedAsync() == 1, TimeSpan.FromSeconds(20));
        var first = await OwnerAsync();
        await still.FreezeAsync();
        var frozen = Stopwatch.StartNew();
        var registered = 1;
        var waits = TimeSpan.Zero;
        while (frozen.Elapsed < Frozen)
        {
            await RegisterAsync(registered++);
            var waited = Stopwatch.StartNew();
            await UntilAsync(async () => await AppliedAsync() == registered, TimeSpan.FromSeconds(15));
            waits = waited.Elapsed > waits ? waited.Elapsed : waits;
            using var ready = await health.GetAsync("/health/ready");
            ((int)ready.StatusCode).ShouldBe(200);
            await Task.Delay(200);
        }

        (await OwnerAsync()).ShouldNotBe(first, "the host that stands still serves no more");
        waits.ShouldBeGreaterThan(TimeSpan.FromSeconds(1), "it was served by the host that stood still");
        await still.ThawAsync();
        for (var i = 0; i < 10; i++)
        {
            await RegisterAsync(registered++);
            await Task.Delay(100);
        }

        await UntilAsync(async () => await AppliedAsync() == registered, TimeSpan.FromSeconds(15));
        (await OwnersAsync()).ShouldBe(1);
        (await CareSystem.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM commissioning.delivery_retry")).ShouldBe(0);

        // The one that woke serves its callers, and takes over again when the other is gone.
        await healthy.KillAsync();
        using var other = await still.ClientAsync("demo-operator", "operations");
        await other.PostAsync("/v1/population/organisations", new { code = "FZ99999", name = "After all", kind = "voluntary" }, 201);
        await UntilAsync(async () => await AppliedAsync() == registered + 1, TimeSpan.FromSeconds(15));

        Task RegisterAsync(int n) => op.PostAsync("/v1/population/organisations", new { code = $"FZ{n:00000}", name = $"Organisation {n}", kind = "voluntary" },
            201);
        Task<long> AppliedAsync() => CareSystem.ScalarAsync<long>(database.ConnectionString,
            "SELECT count(*) FROM commissioning.organisation WHERE code LIKE 'FZ%'");
        Task<long> OwnersAsync() => CareSystem.ScalarAsync<long>(database.ConnectionString, "SELECT count(DISTINCT owner) FROM commissioning.subscription");
        Task<Guid> OwnerAsync() => CareSystem.ScalarAsync<Guid>(database.ConnectionString, "SELECT owner FROM commissioning.subscription LIMIT 1");
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, TimeSpan limit)
    {
        for (var waited = Stopwatch.StartNew(); !await holds(); await Task.Delay(50))
            waited.Elapsed.ShouldBeLessThan(limit);
    }
}
