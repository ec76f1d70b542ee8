using System.Security.Cryptography;
using System.Text.Json;
using IntegratedCare.Contracts;
using IntegratedCare.Shared;
using IntegratedCare.Testing;

namespace IntegratedCare.System.Tests;

/// <summary>
/// The closed loop, end to end over HTTP: admissions in at one end, an agreed settlement in the pooled fund at the other. Every figure was
/// worked out by hand.
/// </summary>
public class LoopTests(TestApp app) : IClassFixture<TestApp>
{
    private static readonly DateTimeOffset Quarter = new(2026, 7, 1, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_admission_goes_in_and_an_agreed_settlement_is_posted_to_the_fund()
    {
        var system = new CareSystem((client, purpose, user) => Task.FromResult(app.ClientFor(client, purpose, user)));

        // Ten persons: six with the first practice (North), four with the second (South).
        await system.RegisterAsync(Enumerable.Range(0, 10).Select(n => CareSystem.Person(n, n < 6 ? "Y99001" : "Y99002")));

        // July to September 2026. Person 0: three emergency stays; 1: one of heart failure; 2: one elective; 6: one; 7: one, cancelled later.
        string[] frail = ["F00X", "N390", "W190", "R268"];
        await system.PostEventAsync(CareSystem.Spell(0, "s1", Quarter, 4, frail));                                    // July 1-5: 4, of dementia
        await system.PostEventAsync(CareSystem.Spell(0, "s2", Quarter.AddDays(40), 2));                               // August 10-12: 2
        await system.PostEventAsync(CareSystem.Spell(0, "s3", new(2026, 8, 30, 10, 0, 0, TimeSpan.Zero), 5));         // one in August, four in September
        await system.PostEventAsync(CareSystem.Spell(1, "s4", Quarter.AddDays(1), 3, ["I500"]));                      // July 2-5: 3, ambulatory care sensitive
        await system.PostEventAsync(CareSystem.Spell(2, "s5", Quarter.AddDays(2), 1, method: "11"));                  // July 3-4: 1, elective
        await system.PostEventAsync(CareSystem.Spell(6, "s6", Quarter.AddDays(70), 0));                               // September 9: none
        await system.PostEventAsync(CareSystem.Spell(7, "s7", Quarter.AddDays(71), 2));
        await system.PostEventAsync(CareSystem.Spell(7, "s7", Quarter, null, version: 2, status: "cancelled"));
        await system.DrainAsync();

        // Risk: person 0's codes of the stay before the index date make 7.1 + 3.2 + 3.2 + 2.6 = 16.1, high.
        var op = await system.Operator;
        op.DefaultRequestHeaders.Remove("X-Purpose-Of-Use");
        op.DefaultRequestHeaders.Add("X-Purpose-Of-Use", "operations");
        var run = await op.PostAsync("/v1/population/stratifications", new { model = "hospital-frailty-risk-score", indexDate = "2026-07-05", seed = 1 }, 202);
        var runId = run.GetProperty("id").GetGuid();
        for (var i = 0; i < 300 && run.GetProperty("state").GetString() != "completed"; i++)
        {
            await Task.Delay(100);
            run = await op.GetAsync($"/v1/population/stratifications/{runId}", 200);
        }

        run.GetProperty("state").GetString().ShouldBe("completed");
        var practice = await system.Practice;
        var proposed = (await practice.GetAsync("/v1/population/high-risk-register?practice=Y99001&status=proposed", 200)).GetProperty("items").EnumerateArray()
            .ToList();
        var entry = proposed.ShouldHaveSingleItem();
        entry.GetProperty("score").GetDouble().ShouldBe(16.1, 1e-9);
        var person = entry.GetProperty("personId").GetGuid();
        var risk = await practice.GetAsync($"/v1/population/persons/{person}/risk", 200);
        risk.ToString().ShouldContain("F00");

        // Pathway: confirmed on 6 July, planned on 20 July; the plan is current at the quarter's end.
        await practice.PostAsync($"/v1/population/high-risk-register/{entry.GetProperty("entryId").GetGuid()}/confirm", new { from = "2026-07-06" }, 200,
            $"\"{entry.GetProperty("version").GetInt64()}\"");
        await system.DrainAsync();
        var episode = (await practice.GetAsync("/v1/care-pathways/episodes?status=proposed", 200)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        episode.GetProperty("personId").GetGuid().ShouldBe(person);
        var path = $"/v1/care-pathways/episodes/{episode.GetProperty("id").GetGuid()}";
        await practice.PostAsync($"{path}/accept", new { partner = "RZ1" }, 200, "*");
        await (await system.TrustNurse).PostAsync($"{path}/assessments", new { kind = "nursing", date = "2026-07-10", findings = "Lives alone; falls." }, 200,
            "*");
        await practice.PostAsync($"{path}/key-worker", new { name = "Nora Nurse", role = "community-nurse", organisation = "RZ1" }, 200, "*");
        await practice.PostAsync($"{path}/meetings",
            new { date = "2026-07-15", attendance = new[] { new { role = "gp" }, new { role = "community-nurse" }, new { role = "social-worker" } } }, 200,
            "*");
        await practice.PostAsync($"{path}/plan", new
        {
            date = "2026-07-20",
            goals = new[] { "To stay at home." },
            anticipatory = new[] { new { @if = "a fall", then = "ring the team" } },
            reviewDate = "2026-10-01"
        }, 200, "*");
        var reviewed = await practice.PostAsync($"{path}/reviews", new { date = "2026-10-01", outcome = "continue", nextReviewDate = "2027-01-01" }, 200, "*");
        reviewed.GetProperty("stage").GetString().ShouldBe("review");
        await system.DrainAsync();

        // Metrics, published. Person-days need the register's counts.
        await LiveAsync(op, "total_bed_days", "2026-09", v => v.GetProperty("denominator").ValueKind == JsonValueKind.Number);
        await op.PostAsync("/v1/metrics/computations", new { from = "2026-Q3", to = "2026-Q3", publish = true, status = "final" }, 201);
        await system.DrainAsync();
        (await NumeratorsAsync(op, "total_bed_days", "system", "SYS")).ShouldBe([8, 3, 4]);
        (await NumeratorsAsync(op, "total_bed_days", "locality", "NORTH")).ShouldBe([8, 3, 4]);
        (await NumeratorsAsync(op, "emergency_admissions", "system", "SYS")).ShouldBe([2, 2, 1]);
        (await NumeratorsAsync(op, "emergency_admissions", "practice", "Y99002")).ShouldBe([0, 0, 1]);
        // Heart failure, and dementia as first diagnosis.
        (await NumeratorsAsync(op, "acs_admissions", "system", "SYS")).ShouldBe([2, 0, 0]);
        (await NumeratorsAsync(op, "anticipatory_plans", "practice", "Y99001")).ShouldBe([1, 1, 1]);
        var july = (await op.GetAsync("/v1/metrics/values?metric=total_bed_days&areaKind=system&status=published&from=2026-07&to=2026-07", 200))
            .GetProperty("items")[0];
        // 10 persons all month: 8 days for 10 persons is 800 per 1,000.
        july.GetProperty("value").GetDouble().ShouldBe(800, 1e-6);
        // The days of one person hang together: T = 8 days of three persons, V = 4^2 + 3^2 + 1^2 = 26, so T^2/V = 2.4615 clusters of V/T = 3.25
        // days. Gamma limits
        // (Fay and Feuer 1997): 3.25 times the 2.5 % point of the gamma distribution of shape 2.4615 and the 97.5 % point of shape 3.4615, for
        // 10 persons, per 1,000.
        await LimitsAsync(op, "total_bed_days", "2026-07", 800, 130.36241, 2582.7918);
        // Two admissions of two persons, exact Poisson limits: 1 - e^-L (1 + L) = 2.5 % gives L = 0.242209; e^-U (1 + U + U^2/2) = 2.5 % gives U = 7.224688.
        await LimitsAsync(op, "emergency_admissions", "2026-07", 200, 24.22093, 722.46877);
        await LimitsAsync(op, "acs_admissions", "2026-07", 20_000, 2422.0928, 72_246.877);
        // None in August: nothing below, and above 1 - 0.025 = 1 - e^-U, U = ln 40 = 3.688879.
        await LimitsAsync(op, "acs_admissions", "2026-08", 0, 0, 36_888.79);
        // One of one person on the register has a plan. Wilson: 1/(1 + z^2) with z = 1.959964, to all.
        await LimitsAsync(op, "anticipatory_plans", "2026-07", 100, 20.65493, 100);

        // Contract: benchmark 8, actual 5, at 2,000 a case: 6,000 saved of 16,000; threshold 1 % passed, cap 50 % = 8,000 not reached; 40 % to the trust.
        var fund = await system.CreateFundAsync("POOL", "2026/27");
        var share = await system.AgreeRiskShareAsync("Emergency admissions", "POOL", 8, new DateOnly(2026, 4, 1), new DateOnly(2029, 3, 31));
        var commissioner = await system.Commissioner;
        await commissioner.PostAsync($"/v1/commissioning/funds/{fund}/contributions",
            new { partner = "99A", year = "2026/27", amount = 10_000.00m, kind = "cash", reference = "opening" }, 201);
        var settlements = $"/v1/contracts/risk-shares/{share}/settlements";
        var settlement = await commissioner.PostAsync(settlements, new { period = "2026-Q3" }, 201);
        Transfer(settlement, "RZ1").ShouldBe(2_400.00m);
        Transfer(settlement, "99A").ShouldBe(-2_400.00m);
        await KeepAgreedAsync();
        await AgreeAsync(system, $"{settlements}/{settlement.GetProperty("id").GetGuid()}");
        await system.DrainAsync();
        (await SettledAsync(commissioner, fund)).ShouldBe((2_400.00m, -2_400.00m));
        var total = await commissioner.GetAsync("/v1/commissioning/control-totals/SYS?year=2026/27", 200);
        total.GetProperty("organisations").EnumerateArray().Single(o => o.GetProperty("organisation").GetString() == "RZ1")
            .GetProperty("figures").GetProperty("settlements").GetDecimal().ShouldBe(2_400.00m);

        // A late admission in September restates the published values and, settled again, posts only the difference: 6 admissions, 4,000 saved,
        // 1,600 to the trust.
        await system.PostEventAsync(CareSystem.Spell(8, "late", Quarter.AddDays(75), 1));
        await system.DrainAsync();
        await LiveAsync(op, "emergency_admissions", "2026-09", v => v.GetProperty("numerator").GetDouble() == 2, "&status=published");
        await system.DrainAsync();
        var ledgerBefore = await commissioner.GetAsync($"/v1/commissioning/funds/{fund}/ledger", 200);
        var second = await commissioner.PostAsync(settlements, new { period = "2026-Q3" }, 201);
        Transfer(second, "RZ1").ShouldBe(1_600.00m);
        await AgreeAsync(system, $"{settlements}/{second.GetProperty("id").GetGuid()}");
        await system.DrainAsync();
        (await SettledAsync(commissioner, fund)).ShouldBe((1_600.00m, -1_600.00m));
        await OnlyTheDifferenceIsPostedAsync(system, fund, ledgerBefore, settlement, second);
        await StillReplaysAsync(commissioner, settlements, settlement);
        var knownAt = Uri.EscapeDataString(july.GetProperty("knownAt").GetString()!);
        const string September = "/v1/metrics/values?metric=emergency_admissions&areaKind=system&status=published&from=2026-09&to=2026-09";
        var before = (await op.GetAsync($"{September}&knownAt={knownAt}", 200)).GetProperty("items")[0];
        before.GetProperty("numerator").GetDouble().ShouldBe(1);

        // Recomputing everything from the facts gives exactly what is served.
        var again = await op.PostAsync("/v1/metrics/computations", new { from = "2026-Q3", to = "2026-Q3" }, 201);
        again.GetProperty("metrics").EnumerateArray().Sum(m => m.GetProperty("differed").GetInt32()).ShouldBe(0);
    }

    /// <summary>The published value of the system for a month with its 95 % limits, to six figures.</summary>
    private static async Task LimitsAsync(HttpClient client, string metric, string month, double value, double lower, double upper)
    {
        var published = (await client.GetAsync($"/v1/metrics/values?metric={metric}&areaKind=system&status=published&from={month}&to={month}", 200))
            .GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        foreach (var (member, expected) in new[] { ("value", value), ("lower95", lower), ("upper95", upper) })
            published.GetProperty(member).GetDouble().ShouldBe(expected, Math.Max(expected * 1e-6, 1e-9), $"{metric} {month} {member}");
    }

    /// <summary>What has been delivered leaves the outbox: the words that settlements were agreed are kept, to be said again.</summary>
    private Task KeepAgreedAsync() => app.ScalarAsync<object?>(
        """
        CREATE TABLE contracts.kept (LIKE contracts.outbox);
        CREATE FUNCTION contracts.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO contracts.kept SELECT NEW.*; RETURN NEW; END $$;
        CREATE TRIGGER keep AFTER INSERT ON contracts.outbox FOR EACH ROW WHEN (NEW.name = 'contracts.settlement-agreed.v1') EXECUTE FUNCTION contracts.keep();
        """);

    /// <summary>
    /// Version 2 adds exactly one journal to those of version 1; line by line its amounts are the differences of the transfers, and
    /// with version 1's they make version 2's. Either event delivered again, as itself or as another of the same words, changes nothing.
    /// </summary>
    private async Task OnlyTheDifferenceIsPostedAsync(CareSystem system, Guid fund, JsonElement before, JsonElement first, JsonElement second)
    {
        var commissioner = await system.Commissioner;
        var path = $"/v1/commissioning/funds/{fund}";
        var ledger = await commissioner.GetAsync($"{path}/ledger", 200);
        var (then, now) = (before.GetProperty("items").EnumerateArray().ToList(), ledger.GetProperty("items").EnumerateArray().ToList());
        now.Take(then.Count).Select(j => j.GetRawText()).ShouldBe(then.Select(j => j.GetRawText()), "what was posted stands");
        var (one, two) = (now.Single(j => Version(j, 1)), now.Skip(then.Count).ShouldHaveSingleItem());
        Version(two, 2).ShouldBeTrue();

        second.GetProperty("correctsNumber").GetInt32().ShouldBe(first.GetProperty("number").GetInt32());
        var changes = second.GetProperty("differences").EnumerateArray()
            .Where(d => d.GetProperty("code").GetString()!.StartsWith("transfer:", StringComparison.Ordinal))
            .ToDictionary(d => d.GetProperty("code").GetString()!["transfer:".Length..], d => d.GetProperty("change").GetDecimal());
        changes.ShouldBe(new Dictionary<string, decimal> { ["RZ1"] = -800.00m, ["99A"] = 800.00m }, ignoreOrder: true);
        Settled(two).ShouldBe(changes, ignoreOrder: true);
        foreach (var (party, change) in changes)
        {
            (Settled(one)[party], Settled(one)[party] + change).ShouldBe((Transfer(first, party), Transfer(second, party)));
            Balance("settlements", party).ShouldBe(Transfer(second, party));
        }

        // Each party's entry has its other side in the fund's cash, which is what it was: the transfers pass through.
        foreach (var journal in new[] { one, two })
            Entries(journal, "cash").Select(e => -e.Amount).Order().ShouldBe(Entries(journal, "settlements").Select(e => e.Amount).Order());
        Balance("cash", null).ShouldBe(10_000.00m);
        var view = await commissioner.GetAsync(path, 200);
        view.GetProperty("balance").GetDecimal().ShouldBe(10_000.00m);

        (await app.ScalarAsync<long>("SELECT count(*) FROM contracts.kept")).ShouldBe(2);
        foreach (var id in new[] { "event_id", "gen_random_uuid()" })
        {
            (await app.ScalarAsync<long>($"WITH again AS (INSERT INTO contracts.outbox (event_id, name, key, payload, size, occurred_at, trace) SELECT {id}, "
                + "name, key, payload, size, occurred_at, trace FROM contracts.kept WHERE seq <= $1 ORDER BY seq RETURNING 1) SELECT count(*) FROM again",
                await app.ScalarAsync<long>("SELECT max(k.seq) FROM (SELECT seq FROM contracts.kept ORDER BY seq LIMIT 2) k"))).ShouldBe(2);
            await system.DrainAsync();
            (await commissioner.GetAsync($"{path}/ledger", 200)).GetRawText().ShouldBe(ledger.GetRawText());
            (await commissioner.GetAsync(path, 200)).GetRawText().ShouldBe(view.GetRawText());
        }

        static bool Version(JsonElement journal, int number) =>
            journal.GetProperty("reference").GetString()!.EndsWith($":2026-Q3:{number}", StringComparison.Ordinal);

        static List<(string? Organisation, decimal Amount)> Entries(JsonElement journal, string account) =>
            [.. journal.GetProperty("entries").EnumerateArray().Where(e => e.GetProperty("account").GetString() == account)
                .Select(e => (e.GetProperty("organisation").GetString(), e.GetProperty("amount").GetDecimal()))];

        static Dictionary<string, decimal> Settled(JsonElement journal) => Entries(journal, "settlements").ToDictionary(e => e.Organisation!, e => e.Amount);

        decimal Balance(string account, string? organisation) =>
            ledger.GetProperty("balances").EnumerateArray()
                .Single(b => b.GetProperty("account").GetString() == account && b.GetProperty("organisation").GetString() == organisation)
                .GetProperty("balance").GetDecimal();
    }

    /// <summary>A version that was corrected is read as it was agreed, and its pack gives its bytes: over HTTP, and without a database.</summary>
    private static async Task StillReplaysAsync(HttpClient client, string settlements, JsonElement agreed)
    {
        var path = $"{settlements}/{agreed.GetProperty("id").GetGuid()}";
        var read = await client.GetAsync(path, 200);
        (read.GetProperty("number").GetInt32(), read.GetProperty("status").GetString(), read.GetProperty("sha256").GetString())
            .ShouldBe((1, "agreed", agreed.GetProperty("sha256").GetString()));
        read.GetProperty("statement").GetRawText().ShouldBe(agreed.GetProperty("statement").GetRawText());
        var (bytes, pack) = (await client.GetByteArrayAsync($"{path}/statement"), await client.GetByteArrayAsync($"{path}/pack"));
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(agreed.GetProperty("sha256").GetString());
        ContractsModule.Settle(pack).Statement.ShouldBe(bytes);
        using var replayed = await client.PostAsync("/v1/contracts/settlements/replay",
            new ByteArrayContent(pack) { Headers = { ContentType = new("application/json") } });
        (await replayed.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
    }

    private static async Task AgreeAsync(CareSystem system, string settlement)
    {
        await (await system.Commissioner).PostAsync($"{settlement}/agreements", "", 200, "*");
        (await (await system.TrustChief).PostAsync($"{settlement}/agreements", "", 200, "*")).GetProperty("status").GetString().ShouldBe("agreed");
    }

    private static async Task<(decimal Trust, decimal Commissioner)> SettledAsync(HttpClient client, Guid fund)
    {
        var partners = (await client.GetAsync($"/v1/commissioning/funds/{fund}", 200)).GetProperty("partners").EnumerateArray()
            .ToDictionary(p => p.GetProperty("organisation").GetString()!, p => p.GetProperty("received").GetDecimal());
        return (partners["RZ1"], partners["99A"]);
    }

    private static decimal Transfer(JsonElement settlement, string party) =>
        settlement.GetProperty("statement").GetProperty("transfers").EnumerateArray().Single(t => t.GetProperty("party").GetString() == party)
            .GetProperty("amount").GetDecimal();

    private static async Task<double[]> NumeratorsAsync(HttpClient client, string metric, string kind, string area) =>
        [.. (await client.GetAsync($"/v1/metrics/values?metric={metric}&areaKind={kind}&area={area}&status=published&from=2026-07&to=2026-09", 200))
            .GetProperty("items").EnumerateArray().OrderBy(v => v.GetProperty("period").GetString()).Select(v => v.GetProperty("numerator").GetDouble())];

    private static async Task LiveAsync(HttpClient client, string metric, string month, Func<JsonElement, bool> until, string more = "")
    {
        for (var i = 0; ; i++)
        {
            var items = (await client.GetAsync($"/v1/metrics/values?metric={metric}&areaKind=system&from={month}&to={month}{more}", 200)).GetProperty("items");
            if (items.GetArrayLength() == 1 && until(items[0]))
                return;
            i.ShouldBeLessThan(300, $"{metric} {month} did not follow: {items}");
            await Task.Delay(100);
        }
    }
}
