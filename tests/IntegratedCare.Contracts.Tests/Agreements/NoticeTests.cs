using System.Text.Json;
using IntegratedCare.Testing;
using static IntegratedCare.Contracts.Tests.AgreementScenario;

namespace IntegratedCare.Contracts.Tests.Agreements;

public sealed class NoticeTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    private static readonly string[] Alliance = ["99A:commissioner", "RZ1:provider", "RZ2:provider", "RZ3:provider"];
    private static readonly (string, decimal, decimal)[] Shares = [("99A", 0.4m, 0.5m), ("RZ1", 0.3m, 0.2m), ("RZ2", 0.2m, 0.2m), ("RZ3", 0.1m, 0.1m)];
    private readonly AgreementScenario _agreements = new(app);

    public async ValueTask InitializeAsync() => await _agreements.RegisterAsync();

    public ValueTask DisposeAsync()
    {
        _agreements.BackToNow();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_bilateral_agreement_ends_on_the_leaving_date()
    {
        await _agreements.PublishAsync(460, 2027);
        await _agreements.GoToAsync(new DateOnly(2027, 1, 15));
        var (agreement, riskShare) = await _agreements.InForceAsync(Draft("bilateral", ["99A:commissioner", "RZ1:provider"]), ("99A", 0.6m, 0.5m),
            ("RZ1", 0.4m, 0.5m));
        var path = Path(agreement);
        var trust = _agreements.As("RZ1");

        await app.ClientFor("demo-acute-trust").PostAsync($"{path}/notices", new { reason = "We stop" }, 400, "*");
        Code(await _agreements.As("RZ1", "Some Body").PostAsync($"{path}/notices", new { reason = "We stop" }, 409, "*")).ShouldBe("wrong-signatory");
        Code(await _agreements.As("OPR01", "Chief of RZ1").PostAsync($"{path}/notices", new { reason = "We stop" }, 403, "*")).ShouldBe("not-a-party");
        await _agreements.As("RZ3").PostAsync($"{path}/notices", new { reason = "We stop" }, 404, "*");
        await trust.PostAsync($"{path}/notices", new { reason = "We stop", leavesOn = "2027-07-30" }, 400, "*");
        var early = await trust.PostAsync($"{path}/notices", new { reason = "We stop", leavesOn = "2027-06-30" }, 409, "*");
        Code(early).ShouldBe("notice-refused");
        Detail(early).ShouldContain("2027-07-31");
        Code(await trust.PostAsync($"{path}/notices", new { reason = "We stop", leavesOn = "2049-03-31" }, 409, "*")).ShouldBe("notice-refused");
        await trust.PostAsync($"{path}/notices", new { reason = "We stop" }, 428);

        var notice = await trust.PostAsync($"{path}/notices", new { reason = "We stop" }, 201, "*");
        (notice.GetProperty("leavesOn").GetString(), notice.GetProperty("outcome").GetString()).ShouldBe(("2027-07-31", "agreement-ends"));
        notice.GetProperty("remaining").GetArrayLength().ShouldBe(0);
        var share = notice.GetProperty("riskShares").EnumerateArray().Single();
        (share.GetProperty("riskShareId").GetGuid(), share.GetProperty("from").GetString(),
            share.GetProperty("ends").GetBoolean()).ShouldBe((riskShare, "2027-08-01", true));
        JsonElement.DeepEquals(await trust.GetAsync($"{path}/notices/{notice.GetProperty("id").GetGuid()}", 200), notice).ShouldBeTrue();
        Code(await trust.PostAsync($"{path}/notices", new { reason = "Again" }, 409, "*")).ShouldBe("notice-refused");
        var published = (await _agreements.PublishedAsync("contracts.notice-given.v1", agreement)).ShouldHaveSingleItem();
        (published.GetProperty("organisation").GetString(), published.GetProperty("leavesOn").GetString(),
            published.GetProperty("riskShares")[0].GetGuid()).ShouldBe(("RZ1", "2027-07-31", riskShare));
        (await trust.GetAsync($"{path}/terms/1", 200)).GetProperty("to").GetString().ShouldBe("2049-03-31");
        Code(await trust.PostAsync($"{path}/variations", new { effectiveFrom = "2027-02-01", reason = "x", to = "2030-03-31" }, 409,
            "*")).ShouldBe("variation-refused");

        await _agreements.GoToAsync(new DateOnly(2027, 7, 31));
        (await trust.GetAsync(path, 200)).GetProperty("status").GetString().ShouldBe("active");
        await _agreements.GoToAsync(new DateOnly(2027, 10, 1));
        (await trust.GetAsync(path, 200)).GetProperty("status").GetString().ShouldBe("ended");
        // What was before is still settled; what comes after is not.
        (await trust.PostAsync($"{SharePath(riskShare)}/settlements", new { period = "2027-07" }, 201)).GetProperty("status").GetString().ShouldBe("proposed");
        Code(await trust.PostAsync($"{SharePath(riskShare)}/settlements", new { period = "2027-08" }, 409)).ShouldBe("period-outside-agreement");
        Code(await trust.PostAsync($"{path}/notices", new { reason = "Again" }, 409, "*")).ShouldBe("agreement-closed");
    }

    [Fact]
    public async Task Under_pro_rata_the_others_shares_grow_from_the_day_after()
    {
        await _agreements.PublishAsync(460, 2028);
        await _agreements.GoToAsync(new DateOnly(2028, 2, 10));
        var draft = Draft("alliance", Alliance);
        draft["noticeMonths"] = 3;
        draft["onWithdrawal"] = "pro-rata";
        var (agreement, riskShare) = await _agreements.InForceAsync(draft, Shares);
        var path = SharePath(riskShare);
        var notice = await _agreements.As("RZ3").PostAsync($"{Path(agreement)}/notices", new { reason = "We merge" }, 201, "*");
        (notice.GetProperty("leavesOn").GetString(), notice.GetProperty("outcome").GetString()).ShouldBe(("2028-05-31", "party-leaves"));
        Strings(notice.GetProperty("remaining")).ShouldBe(["99A", "RZ1", "RZ2"]);
        var after = notice.GetProperty("riskShares").EnumerateArray().Single().GetProperty("shares").EnumerateArray()
            .ToDictionary(s => s.GetProperty("party").GetString()!, s => (s.GetProperty("gain").GetDecimal(), s.GetProperty("loss").GetDecimal()));
        // 0.4, 0.3 and 0.2 of 0.9: 0.444444, 0.333333 and 0.222222; the last millionth goes where it is nearest to the exact share.
        after.ShouldBe(new Dictionary<string, (decimal, decimal)>
        {
            ["99A"] = (0.444445m, 0.555556m),
            ["RZ1"] = (0.333333m, 0.222222m),
            ["RZ2"] = (0.222222m, 0.222222m)
        });

        // Until then it is a party like the others.
        await _agreements.GoToAsync(new DateOnly(2028, 5, 31));
        (await _agreements.As("RZ3").PostAsync($"{path}/settlements", new { period = "2028-04" }, 201)).GetProperty("awaiting").GetArrayLength().ShouldBe(4);

        await _agreements.GoToAsync(new DateOnly(2028, 8, 1));
        var view = await _agreements.As("RZ1").GetAsync(Path(agreement), 200);
        view.GetProperty("status").GetString().ShouldBe("active");
        view.GetProperty("parties").EnumerateArray().Single(p =>
            p.GetProperty("organisation").GetString() == "RZ3").GetProperty("leavesOn").GetString().ShouldBe("2028-05-31");
        var straddles = await _agreements.As("RZ1").PostAsync($"{path}/settlements", new { period = "2028-Q2" }, 409);
        Code(straddles).ShouldBe("period-straddles-terms");
        Detail(straddles).ShouldContain("RZ3 leaves on 2028-05-31");
        // Who has left still settles what it was bound by, and nothing else.
        var may = await _agreements.As("RZ3").PostAsync($"{path}/settlements", new { period = "2028-05" }, 201);
        Transfer(may, "RZ3").ShouldBe(5_000.00m); // 0.1 of the cap, 50,000.
        var june = await _agreements.As("RZ1").PostAsync($"{path}/settlements", new { period = "2028-06" }, 201);
        Strings(june.GetProperty("awaiting")).ShouldBe(["99A", "RZ1", "RZ2"]);
        Transfer(june, "RZ1").ShouldBe(16_666.65m);
        june.GetProperty("statement").GetProperty("transfers").EnumerateArray().Sum(t => t.GetProperty("amount").GetDecimal()).ShouldBe(0);

        await _agreements.As("RZ3").PostAsync($"{path}/settlements/{may.GetProperty("id").GetGuid()}/agreements", "", 200, "*");
        await _agreements.As("RZ3").GetAsync($"{path}/settlements/{june.GetProperty("id").GetGuid()}", 404);
        Code(await _agreements.As("RZ3").PostAsync($"{path}/settlements", new { period = "2028-07" }, 403)).ShouldBe("not-a-party");
        foreach (var party in new[] { "99A", "RZ1", "RZ2" })
            june = await _agreements.As(party).PostAsync($"{path}/settlements/{june.GetProperty("id").GetGuid()}/agreements", "", 200, "*");
        june.GetProperty("status").GetString().ShouldBe("agreed");

        // Varied without it: its share is refused, and its acceptance not asked for.
        Code(await _agreements.As("RZ1").PostAsync($"{path}/variations",
            new { effectiveFrom = "2028-09-01", reason = "x", preset = "northumbria", terms = Terms(1500, Shares) }, 400, "*")).ShouldBe("meaningless-terms");
        var varied = await _agreements.As("RZ1").PostAsync($"{path}/variations",
            new
            {
                effectiveFrom = "2028-09-01",
                reason = "Anew",
                preset = "northumbria",
                terms = Terms(1500, ("99A", 0.5m, 0.5m), ("RZ1", 0.25m, 0.25m), ("RZ2", 0.25m, 0.25m))
            }, 201, "*");
        Strings(varied.GetProperty("awaiting")).ShouldBe(["99A", "RZ1", "RZ2"]);
        Code(await _agreements.As("RZ3").PostAsync($"{path}/variations/2/acceptances", "", 403, "*")).ShouldBe("not-a-party");
    }

    [Fact]
    public async Task Under_to_payer_the_payer_takes_the_share_and_a_payers_own_notice_ends_the_risk_share()
    {
        await _agreements.GoToAsync(new DateOnly(2029, 1, 15));
        var draft = Draft("alliance", ["99A:commissioner", "QZ9:commissioner", "RZ1:provider", "RZ2:provider", "RZ3:provider"]);
        draft["onWithdrawal"] = "to-payer";
        var (agreement, riskShare) = await _agreements.InForceAsync(draft, Shares);
        var first = await _agreements.As("RZ3").PostAsync($"{Path(agreement)}/notices", new { reason = "We merge" }, 201, "*");
        Shared(first).ShouldBe("99A 0.5/0.6, QZ9 0/0, RZ1 0.3/0.2, RZ2 0.2/0.2");
        var payer = await _agreements.As("99A").PostAsync($"{Path(agreement)}/notices", new { reason = "We merge too", leavesOn = "2029-09-30" }, 201, "*");
        payer.GetProperty("outcome").GetString().ShouldBe("party-leaves");
        payer.GetProperty("riskShares").EnumerateArray().Single().GetProperty("ends").GetBoolean().ShouldBeTrue();
        // A third goes: one provider is left, no alliance any more.
        var third = await _agreements.As("RZ2").PostAsync($"{Path(agreement)}/notices", new { reason = "And we", leavesOn = "2029-12-31" }, 201, "*");
        third.GetProperty("outcome").GetString().ShouldBe("agreement-ends");
        await _agreements.GoToAsync(new DateOnly(2029, 12, 1));
        Detail(await _agreements.As("RZ1").PostAsync($"{SharePath(riskShare)}/settlements", new { period = "2029-10" },
            409)).ShouldContain("99A, the payer, has left");
        var terms = await _agreements.As("RZ1").GetAsync($"{SharePath(riskShare)}/terms/1", 200);
        terms.GetProperty("afterLeaving").EnumerateArray()
            .Select(a => (a.GetProperty("without").GetString(), a.GetProperty("ends").GetBoolean())).ShouldBe([("RZ3", false), ("99A", true)]);
        await _agreements.GoToAsync(new DateOnly(2030, 1, 1));
        (await _agreements.As("RZ1").GetAsync(Path(agreement), 200)).GetProperty("status").GetString().ShouldBe("ended");
    }

    [Fact]
    public async Task Terms_that_reach_back_before_a_leaving_keep_the_leaver_and_correct_what_it_was_posted()
    {
        await _agreements.PublishAsync(460, 2033);
        await _agreements.GoToAsync(new DateOnly(2033, 1, 15));
        var draft = Draft("alliance", Alliance);
        draft["noticeMonths"] = 1;
        draft["onWithdrawal"] = "pro-rata";
        var (agreement, riskShare) = await _agreements.InForceAsync(draft, Shares);
        var path = SharePath(riskShare);
        string[] all = ["99A", "RZ1", "RZ2", "RZ3"];
        await _agreements.As("RZ3").PostAsync($"{Path(agreement)}/notices", new { reason = "We merge" }, 201, "*");
        await _agreements.GoToAsync(new DateOnly(2033, 6, 1));
        var january = await _agreements.As("RZ1").PostAsync($"{path}/settlements", new { period = "2033-01" }, 201);
        Transfer(january, "RZ3").ShouldBe(5_000.00m);
        foreach (var party in all)
            await _agreements.As(party).PostAsync($"{path}/settlements/{january.GetProperty("id").GetGuid()}/agreements", "", 200, "*");

        await _agreements.As("RZ1").PostAsync($"{path}/variations",
            new
            {
                effectiveFrom = "2033-01-01",
                reason = "Shared without RZ3",
                preset = "northumbria",
                terms = Terms(1500, ("99A", 0.5m, 0.5m), ("RZ1", 0.3m, 0.3m), ("RZ2", 0.2m, 0.2m))
            }, 201, "*");
        foreach (var party in all)
            await _agreements.As(party).PostAsync($"{path}/variations/2/acceptances", "", 200, "*");
        var corrected = await _agreements.As("RZ1").PostAsync($"{path}/settlements", new { period = "2033-01" }, 201);
        Transfer(corrected, "RZ3").ShouldBe(0.00m);
        var postings = corrected.GetProperty("postings").EnumerateArray().ToDictionary(p => p.GetProperty("party").GetString()!,
            p => p.GetProperty("amount").GetDecimal());
        postings["RZ3"].ShouldBe(-5_000.00m);
        postings.Values.Sum().ShouldBe(0);
        // Months after it left are without it.
        (await _agreements.As("RZ1").PostAsync($"{path}/settlements", new { period = "2033-04" },
            201)).GetProperty("statement").GetProperty("transfers").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public async Task Terms_agreed_before_a_notice_and_taking_effect_after_it_lose_the_leaver_too()
    {
        await _agreements.PublishAsync(460, 2031);
        await _agreements.GoToAsync(new DateOnly(2031, 1, 15));
        var draft = Draft("alliance", Alliance);
        draft["noticeMonths"] = 1;
        draft["onWithdrawal"] = "to-payer";
        var (agreement, riskShare) = await _agreements.InForceAsync(draft, Shares);
        var path = SharePath(riskShare);
        await _agreements.As("RZ1").PostAsync($"{path}/variations",
            new
            {
                effectiveFrom = "2031-06-01",
                reason = "Quarters",
                preset = "northumbria",
                terms = Terms(1500, ("99A", 0.25m, 0.25m), ("RZ1", 0.25m, 0.25m), ("RZ2", 0.25m, 0.25m), ("RZ3", 0.25m, 0.25m))
            }, 201, "*");
        foreach (var party in new[] { "99A", "RZ1", "RZ2", "RZ3" })
            await _agreements.As(party).PostAsync($"{path}/variations/2/acceptances", "", 200, "*");
        await _agreements.As("RZ3").PostAsync($"{Path(agreement)}/notices", new { reason = "We merge" }, 201, "*");
        await _agreements.GoToAsync(new DateOnly(2031, 8, 1));
        var june = await _agreements.As("RZ1").PostAsync($"{path}/settlements", new { period = "2031-06" }, 201);
        june.GetProperty("statement").GetProperty("termsVersion").GetInt32().ShouldBe(2);
        june.GetProperty("statement").GetProperty("terms").GetProperty("shares").EnumerateArray().Single(s =>
            s.GetProperty("party").GetString() == "99A").GetProperty("gain").GetDecimal().ShouldBe(0.5m);
        Transfer(june, "RZ1").ShouldBe(12_500.00m);
    }

    private static string Shared(JsonElement notice) =>
        string.Join(", ", notice.GetProperty("riskShares").EnumerateArray().Single().GetProperty("shares").EnumerateArray()
        .Select(s => string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{s.GetProperty("party").GetString()} {s.GetProperty("gain").GetDecimal():0.######}/{s.GetProperty("loss").GetDecimal():0.######}")));
}
