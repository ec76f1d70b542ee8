using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Testing;
using Npgsql;

namespace IntegratedCare.Contracts.Tests.Payments;

/// <summary>Payment terms and payments over HTTP: the examples of the NHS's own rules to the penny, versions, replay, refusals.</summary>
public class PaymentFlowTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    private readonly AgreementScenario _agreements = new(app);

    public async ValueTask InitializeAsync() => await _agreements.RegisterAsync();

    public ValueTask DisposeAsync()
    {
        _agreements.BackToNow();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Blended_payment_of_2019_20_adds_a_fifth_of_the_price_for_each_admission_more_than_expected()
    {
        var terms = new
        {
            preset = "blended-2019-20",
            @fixed = new { perYear = 40_000_000 },
            prices = new[] { new { pointOfDelivery = "NEL", price = 2000 } },
            activity = new[] { new { code = "emergency", pointsOfDelivery = new[] { "NEL" } } }
        };
        // 40.0m + 0.20 x 1,000 x 2,000.
        await PaysAsync(terms, new { activity = new[] { new { pointOfDelivery = "NEL", actual = 21_000, expected = 20_000 } } }, 40_400_000.00m);
        await PaysAsync(terms, new { activity = new[] { new { pointOfDelivery = "NEL", actual = 19_000, expected = 20_000 } } }, 39_600_000.00m);
    }

    [Theory]
    [InlineData("mret-30", 10_450_000)]
    [InlineData("mret-70", 11_050_000)]
    public async Task Marginal_rate_emergency_tariff_pays_a_part_of_the_price_above_the_baseline_value(string preset, int paid)
    {
        object Terms() => new
        {
            preset,
            prices = new[] { new { pointOfDelivery = "NEL", price = 2300 } },
            activity = new[] { new { code = "emergency-admissions", pointsOfDelivery = new[] { "NEL" }, baseline = new { perYear = 10_000_000 } } }
        };
        // 5,000 x 2,300 = 11.5m at full tariff: 10.0m + rate x 1.5m.
        await PaysAsync(Terms(), Actual(("NEL", 5000)), paid);
        // Below the baseline, what was done.
        await PaysAsync(Terms(), Actual(("NEL", 4000)), 9_200_000.00m);
    }

    [Fact]
    public async Task Aligned_payment_of_2022_23_adds_or_takes_off_three_quarters_of_elective_value_beside_the_baseline()
    {
        var terms = new
        {
            preset = "api-2022-23",
            @fixed = new { perYear = 100_000_000 },
            prices = new[] { new { pointOfDelivery = "EL", price = 5000 }, new { pointOfDelivery = "DC", price = 1000 } },
            activity = new[] { new { code = "elective", pointsOfDelivery = new[] { "EL", "DC" }, baseline = new { perYear = 30_000_000 } } },
        };
        // 32m: 100 + 0.75 x 2. 27m: 100 - 0.75 x 3.
        await PaysAsync(terms, Actual(("EL", 4000), ("DC", 12_000)), 101_500_000.00m);
        await PaysAsync(terms, Actual(("EL", 3000), ("DC", 12_000)), 97_750_000.00m);
    }

    [Fact]
    public async Task Payment_scheme_of_2023_25_pays_all_elective_activity_beside_the_fixed_element()
    {
        var terms = new
        {
            preset = "nhsps-2023-25",
            @fixed = new { perYear = 70_000_000 },
            prices = new[] { new { pointOfDelivery = "EL", price = 5000.50m } },
            activity = new[] { new { code = "elective", pointsOfDelivery = new[] { "EL" } } }
        };
        await PaysAsync(terms, Actual(("EL", 6001)), 70_000_000 + 6001 * 5000.50m);
    }

    [Fact]
    public async Task Cquin_of_2022_23_is_deducted_from_the_fixed_payment_as_far_as_it_is_not_earned()
    {
        var terms = new
        {
            preset = "cquin-2022-23",
            @fixed = new { perYear = 80_000_000 },
            outcomes = new[] { new { code = "cquin", indicators = Enumerable.Range(1, 5).Select(i => new { code = $"ccg{i}" }) } }
        };
        var scores = new decimal[] { 1, 1, 0.5m, 1, 0 };
        var payment = await PaysAsync(terms, new { outcomes = scores.Select((score, i) => new { outcome = "cquin", indicator = $"ccg{i + 1}", score }) },
            79_700_000.00m);
        Line(payment, "stake:cquin").ShouldBe(1_000_000.00m);
        Line(payment, "earned:cquin").ShouldBe(700_000.00m);
        Line(payment, "deducted:cquin").ShouldBe(-300_000.00m);
    }

    [Fact]
    public async Task A_payment_is_kept_as_bytes_corrected_by_versions_and_replayed_by_anybody()
    {
        var (path, _) = await AgreedAsync(EmergencyTerms);
        var commissioner = _agreements.As("99A");
        var trust = _agreements.As("RZ1");
        var first = await trust.PostAsync($"{path}/payments", new { period = "2020-Q3", inputs = Actual(("NEL", 1300)) }, 201);
        // Baseline of a quarter 2.5m; 1,300 x 2,300 = 2.99m: 2.5m + 0.3 x 0.49m.
        first.GetProperty("amount").GetDecimal().ShouldBe(2_647_000.00m);
        AgreementScenario.Transfer(first, "99A").ShouldBe(-2_647_000.00m);
        var again = await commissioner.PostAsync($"{path}/payments", new { period = "2020-Q3", inputs = Actual(("NEL", 1300.00m)) }, 200);
        again.GetProperty("id").GetGuid().ShouldBe(first.GetProperty("id").GetGuid());

        var one = $"{path}/payments/{first.GetProperty("id").GetGuid()}";
        var bytes = await commissioner.GetByteArrayAsync($"{one}/statement");
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(first.GetProperty("sha256").GetString());
        (await commissioner.GetAsync(one, 200)).GetProperty("number").GetInt32().ShouldBe(1);

        // Anybody who may read contracts replays its pack, which only the parties can take.
        await _agreements.As("E06000991").GetAsync($"{one}/pack", 404);
        var pack = await trust.GetByteArrayAsync($"{one}/pack");
        ContractsModule.Settle(pack).Statement.ShouldBe(bytes);
        using (var replayed = await _agreements.As("E06000991").PostAsync("/v1/contracts/payments/replay", Json(pack)))
            (await replayed.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
        using (var wanted = new HttpRequestMessage(HttpMethod.Get, $"{one}/statement"))
        {
            wanted.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
            using var page = await trust.SendAsync(wanted);
            page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
            (await page.Content.ReadAsStringAsync()).ShouldContain("Organisation 99A (99A) pays Organisation RZ1 (RZ1) £2,647,000.00.");
        }

        using (var request = new HttpRequestMessage(HttpMethod.Post, "/v1/contracts/payments/replay") { Content = Json(pack) })
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
            using var csv = await _agreements.As("E06000991").SendAsync(request);
            (await csv.Content.ReadAsStringAsync()).ShouldContain("\"transfer:RZ1\"");
        }

        var second = await commissioner.PostAsync($"{path}/payments", new { period = "2020-Q3", inputs = Actual(("NEL", 1310)) }, 201);
        second.GetProperty("number").GetInt32().ShouldBe(2);
        second.GetProperty("differences").EnumerateArray().Single(d =>
            d.GetProperty("code").GetString() == "transfer:RZ1").GetProperty("change").GetDecimal().ShouldBe(6_900.00m);
        (await trust.GetByteArrayAsync($"{one}/statement")).ShouldBe(bytes);
        (await trust.GetAsync($"{path}/payments?period=2020-Q3", 200)).GetProperty("items").GetArrayLength().ShouldBe(2);

        // The year takes off what its quarter was paid by the latest version; after that, the quarter is closed.
        AgreementScenario.Code(await trust.PostAsync($"{path}/payments", new { period = "2020", inputs = Actual(("NEL", 5000)) },
            409)).ShouldBe("period-outside-agreement");
        AgreementScenario.Code(await trust.PostAsync($"{path}/payments",
            new { period = "2020/21", inputs = new { activity = Array.Empty<object>(), onAccount = Array.Empty<object>() } }, 400)).ShouldBe("invalid-request");
        var year = await trust.PostAsync($"{path}/payments", new { period = "2020/21", inputs = Actual(("NEL", 5000)) }, 201);
        Line(year, "payment").ShouldBe(10_450_000.00m);
        year.GetProperty("amount").GetDecimal().ShouldBe(10_450_000.00m - 2_653_900.00m);
        AgreementScenario.Code(await trust.PostAsync($"{path}/payments", new { period = "2020-Q3", inputs = Actual(("NEL", 1300)) },
            409)).ShouldBe("payment-period-overlaps");
        AgreementScenario.Code(await trust.PostAsync($"{path}/payments", new { period = "2020-12", inputs = Actual(("NEL", 400)) },
            409)).ShouldBe("payment-period-overlaps");

        await Should.ThrowAsync<PostgresException>(() =>
            app.ScalarAsync<int>("UPDATE contracts.mt_doc_payment SET data = data || '{\"amount\": 1}' RETURNING 1"));

        static ByteArrayContent Json(byte[] body) => new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }

    [Fact]
    public async Task Proposals_of_one_period_at_once_make_one_version()
    {
        var (path, _) = await AgreedAsync(EmergencyTerms);
        var clients = new[] { _agreements.As("99A"), _agreements.As("RZ1") };
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            using var response = await clients[i % 2].PostAsJsonAsync($"{path}/payments", new { period = "2020-Q4", inputs = Actual(("NEL", 1000)) });
            return (int)response.StatusCode;
        }));
        answers.Order().ShouldBe([200, 200, 200, 200, 200, 201]);
        (await clients[0].GetAsync($"{path}/payments", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Terms_bind_when_every_signatory_has_accepted_them_and_only_payer_and_provider_propose()
    {
        var agreement = await _agreements.SignedAsync(AgreementScenario.Draft("alliance", ["99A:commissioner", "RZ1:provider", "RZ3:provider"]));
        var terms = new { form = "block", provider = "RZ1", @fixed = new { perYear = 12_000_000 } };
        var created = await _agreements.As("RZ3").PostAsync($"{AgreementScenario.Path(agreement)}/payment-terms", new { title = "Block", terms }, 201);
        created.GetProperty("terms").GetProperty("payer").GetString().ShouldBe("99A");
        var path = $"/v1/contracts/payment-terms/{created.GetProperty("id").GetGuid()}";
        var refused = await _agreements.As("RZ1").PostAsync($"{path}/payments", new { period = "2040-05" }, 409);
        AgreementScenario.Code(refused).ShouldBe("payment-terms-not-in-force");
        AgreementScenario.Detail(refused).ShouldContain("99A, RZ1, RZ3");

        await _agreements.As("99A").PostAsync($"{path}/acceptances", "", 200, "\"1\"");
        AgreementScenario.Code(await _agreements.As("99A").PostAsync($"{path}/acceptances", "", 409, "*")).ShouldBe("already-signed");
        AgreementScenario.Code(await _agreements.As("RZ1", "Somebody Else").PostAsync($"{path}/acceptances", "", 409, "*")).ShouldBe("wrong-signatory");
        await _agreements.As("RZ1").PostAsync($"{path}/acceptances", "", 412, "\"1\"");
        await _agreements.As("RZ1").PostAsync($"{path}/acceptances", "", 200, "\"2\"");
        (await _agreements.As("RZ3").PostAsync($"{path}/acceptances", "", 200, "*")).GetProperty("status").GetString().ShouldBe("agreed");

        // A block is paid in advance; a bystander does not propose, a stranger sees nothing.
        (await _agreements.As("RZ1").PostAsync($"{path}/payments", new { period = "2040-05" }, 201)).GetProperty("amount").GetDecimal().ShouldBe(1_000_000.00m);
        AgreementScenario.Code(await _agreements.As("RZ3").PostAsync($"{path}/payments", new { period = "2040-06" }, 403)).ShouldBe("not-a-party");
        await _agreements.As("E06000991").GetAsync(path, 404);
        await _agreements.As("E06000991").PostAsync($"{path}/payments", new { period = "2040-06" }, 404);
        await _agreements.As("E06000991").GetAsync($"{path}/payments", 404);
        await _agreements.As("E06000991").PostAsync($"{AgreementScenario.Path(agreement)}/payment-terms", new { title = "Block", terms }, 404);
        (await _agreements.As("RZ3").GetAsync($"{AgreementScenario.Path(agreement)}/payment-terms", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
        (await _agreements.As("RZ3").GetAsync(path, 200)).GetProperty("awaiting").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task What_happened_is_paid_when_the_period_is_over()
    {
        var (path, _) = await AgreedAsync(EmergencyTerms);
        AgreementScenario.Code(await _agreements.As("RZ1").PostAsync($"{path}/payments", new { period = "2048-05", inputs = Actual(("NEL", 5)) },
            409)).ShouldBe("settlement-too-early");
    }

    [Fact]
    public async Task Meaningless_terms_and_unfit_inputs_are_refused_with_every_reason()
    {
        var agreement = await _agreements.SignedAsync(AgreementScenario.Draft("bilateral", ["99A:commissioner", "RZ1:provider"]));
        var refused = await _agreements.As("99A").PostAsync($"{AgreementScenario.Path(agreement)}/payment-terms",
            new
            {
                title = "Odd",
                terms = new
                {
                    preset = "mret-30",
                    payer = "RZ1",
                    @fixed = new { perYear = -1 },
                    activity = new object?[] { new { code = "emergency-admissions", pointsOfDelivery = new[] { "NEL" } }, null }
                }
            }, 400);
        AgreementScenario.Code(refused).ShouldBe("meaningless-terms");
        refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).Order().ShouldBe(
            new[] { "/terms/activity/0/baseline/perYear", "/terms/activity/0/pointsOfDelivery/0", "/terms/activity/1", "/terms/fixed/perYear", "/terms/payer",
                "/terms/provider" }.Order());

        var (path, _) = await AgreedAsync(EmergencyTerms);
        var unfit = await _agreements.As("99A").PostAsync($"{path}/payments",
            new { period = "2020-05", inputs = new { activity = new[] { new { pointOfDelivery = "AE", actual = 1 } }, weightedPopulation = 5 } }, 400);
        AgreementScenario.Code(unfit).ShouldBe("inputs-unfit");
        unfit.GetProperty("errors").EnumerateArray()
            .Select(e => e.GetProperty("pointer").GetString()).Order().ShouldBe(new[] { "/inputs/activity", "/inputs/activity/0/pointOfDelivery",
            "/inputs/weightedPopulation" }.Order());
        await _agreements.As("99A").PostAsync("/v1/contracts/payments/replay",
            new { period = "2020-05", terms = new { form = "block" }, inputs = new { activity = new object?[] { null } } }, 400);
    }

    [Fact]
    public async Task Presets_and_weightings_say_where_they_come_from_and_what_is_unverified()
    {
        var presets = (await _agreements.As("RZ1").GetAsync("/v1/contracts/payment-presets", 200)).GetProperty("items").EnumerateArray().ToList();
        presets.Single(p => p.GetProperty("code").GetString() == "block-2020-21").GetProperty("confidence").GetString().ShouldBe("unverified");
        presets.Single(p => p.GetProperty("code").GetString() == "api-2022-23").GetProperty("source").GetString()!.ShouldContain("HFMA");
        var weightings = await _agreements.As("RZ1").GetAsync("/v1/contracts/weightings", 200);
        weightings.GetProperty("items")[0].GetProperty("notes")[0].GetString()!.ShouldContain("5.18");
    }

    private static readonly object EmergencyTerms = new
    {
        preset = "mret-30",
        prices = new[] { new { pointOfDelivery = "NEL", price = 2300 } },
        activity = new[] { new { code = "emergency-admissions", pointsOfDelivery = new[] { "NEL" }, baseline = new { perYear = 10_000_000 } } },
    };

    private static object Actual(params (string Point, decimal Activity)[] activity) =>
        new { activity = activity.Select(a => new { pointOfDelivery = a.Point, actual = a.Activity }) };

    private async Task<(string Path, JsonElement Terms)> AgreedAsync(object terms)
    {
        var agreement = await _agreements.SignedAsync(AgreementScenario.Draft("bilateral", ["99A:commissioner", "RZ1:provider"]));
        var created = await _agreements.As("99A").PostAsync($"{AgreementScenario.Path(agreement)}/payment-terms", new { title = "Emergency care", terms }, 201);
        var path = $"/v1/contracts/payment-terms/{created.GetProperty("id").GetGuid()}";
        await _agreements.As("99A").PostAsync($"{path}/acceptances", "", 200, "*");
        (await _agreements.As("RZ1").PostAsync($"{path}/acceptances", "", 200, "*")).GetProperty("status").GetString().ShouldBe("agreed");
        return (path, created.GetProperty("terms"));
    }

    /// <summary>Agrees the terms, pays the year 2020/21 under them, and replays the payment to the same bytes.</summary>
    private async Task<JsonElement> PaysAsync(object terms, object inputs, decimal amount)
    {
        var (path, complete) = await AgreedAsync(terms);
        var payment = await _agreements.As("RZ1").PostAsync($"{path}/payments", new { period = "2020/21", inputs }, 201);
        payment.GetProperty("amount").GetDecimal().ShouldBe(amount);
        AgreementScenario.Transfer(payment, "RZ1").ShouldBe(amount);
        AgreementScenario.Transfer(payment, "99A").ShouldBe(-amount);
        var bytes = await _agreements.As("RZ1").GetByteArrayAsync($"{path}/payments/{payment.GetProperty("id").GetGuid()}/statement");
        using var replayed = await _agreements.As("E06000991").PostAsJsonAsync("/v1/contracts/payments/replay",
            new { paymentTerms = payment.GetProperty("statement").GetProperty("paymentTerms"), terms = complete, period = "2020/21", inputs });
        (await replayed.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
        return payment;
    }

    private static decimal Line(JsonElement payment, string code) =>
        payment.GetProperty("statement").GetProperty("lines").EnumerateArray().Single(l =>
            l.GetProperty("code").GetString() == code).GetProperty("result").GetDecimal();
}
