using System.Net.Http.Headers;
using System.Text.Json;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Testing;
using static IntegratedCare.Contracts.Tests.AgreementScenario;

namespace IntegratedCare.Contracts.Tests.Payments;

/// <summary>Payment terms that take the place of others: nothing is paid twice, whatever stands beside.</summary>
public class PaymentSuccessionTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    private readonly AgreementScenario _agreements = new(app);

    public async ValueTask InitializeAsync() => await _agreements.RegisterAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task What_is_paid_already_is_refused_to_new_terms_and_what_is_not_stands_beside()
    {
        var agreement = await SignedAsync();
        var block = await AgreedAsync(agreement, Block(12_000_000));
        var refused = await RefusedAsync(agreement, Block(13_000_000));
        (Code(refused), Detail(refused)).ShouldBe(("payment-terms-overlap",
            $"Payment terms {block} (Terms) pay a fixed part already. Name them in supersedes, with the day from which the new terms pay in their place."));
        // Another form does not pay the fixed part anew, and an incentive that is deducted from a fixed part has one of its own.
        foreach (var terms in new object[]
        {
            new { preset = "nhsps-2023-25", @fixed = new { perYear = 1 }, prices = new[] { new { pointOfDelivery = "EL", price = 1 } },
                activity = new[] { new { code = "elective", pointsOfDelivery = new[] { "EL" } } } },
            new { preset = "cquin-2022-23", @fixed = new { perYear = 12_000_000 },
                outcomes = new[] { new { code = "cquin", indicators = new[] { new { code = "ccg1" } } } } },
        })
            Code(await RefusedAsync(agreement, terms)).ShouldBe("payment-terms-overlap");

        // An incentive of its own, and activity, are other things; each of them is paid once.
        var incentive = await AgreedAsync(agreement, Incentive("falls"));
        var activity = await AgreedAsync(agreement, Activity("EL", "DC"));
        Detail(await RefusedAsync(agreement, Incentive("falls"))).ShouldContain($"{incentive} (Terms) pay the outcome falls already");
        Detail(await RefusedAsync(agreement, Activity("DC", "OP"))).ShouldContain($"{activity} (Terms) pay activity of DC already");
        await AgreedAsync(agreement, Activity("OP"));
        await AgreedAsync(agreement, Incentive("pressure-ulcers"));
        (await PayAsync(block, "2020-05")).GetProperty("amount").GetDecimal().ShouldBe(1_000_000.00m);
        (await PayAsync(incentive, "2020-05",
            new { outcomes = new[] { new { outcome = "falls", indicator = "rate", score = 1 } } })).GetProperty("amount").GetDecimal().ShouldBe(10_000.00m);

        // Another provider is paid for the same, and so is the same one under another agreement.
        var alliance = await _agreements.SignedAsync(Draft("alliance", ["99A:commissioner", "RZ1:provider", "RZ3:provider"]));
        foreach (var provider in new[] { "RZ1", "RZ3" })
            await AgreedAsync(alliance, new { form = "block", provider, @fixed = new { perYear = 1200 } }, ["99A", "RZ1", "RZ3"]);
    }

    [Fact]
    public async Task From_their_day_new_terms_pay_in_place_of_the_old_and_take_off_what_those_had_paid()
    {
        var agreement = await SignedAsync();
        var old = await AgreedAsync(agreement, Block(12_000_000));
        var next = await ProposeAsync(agreement, Block(24_000_000), "2040-05-01", old);
        (next.GetProperty("supersedes").GetGuid(), next.GetProperty("effectiveFrom").GetString()).ShouldBe((old, "2040-05-01"));
        var id = next.GetProperty("id").GetGuid();
        // Until the last party has accepted, the old terms pay: May in advance too.
        await AcceptAsync(id, "99A");
        (await PayAsync(old, "2040-05")).GetProperty("amount").GetDecimal().ShouldBe(1_000_000.00m);
        (await _agreements.As("RZ1").GetAsync(Path(old, "terms"), 200)).GetProperty("supersededBy").ValueKind.ShouldBe(JsonValueKind.Null);
        await AcceptAsync(id, "RZ1");
        var gone = await _agreements.As("RZ1").GetAsync(Path(old, "terms"), 200);
        (gone.GetProperty("supersededBy").GetGuid(), gone.GetProperty("supersededFrom").GetString(),
            gone.GetProperty("status").GetString()).ShouldBe((id, "2040-05-01", "agreed"));

        // Each pays its side of the day, and neither a period across it.
        (await PayAsync(old, "2040-04")).GetProperty("amount").GetDecimal().ShouldBe(1_000_000.00m);
        await NotPaidAsync(old, "2040-05", "payment-terms-not-in-force", id.ToString());
        await NotPaidAsync(old, "2040-06", "payment-terms-not-in-force", "2040-05-01");
        await NotPaidAsync(id, "2040-04", "payment-terms-not-in-force", old.ToString());
        await NotPaidAsync(old, "2040-Q2", "period-straddles-terms", "2040-05-01");
        await NotPaidAsync(id, "2040-Q2", "period-straddles-terms", "2040-05-01");
        await NotPaidAsync(id, "2040/41", "period-straddles-terms", "2040-05-01");

        // 2m for May, of which 1m is paid; the statement says so, and anybody replays it.
        var may = await PayAsync(id, "2040-05");
        may.GetProperty("amount").GetDecimal().ShouldBe(1_000_000.00m);
        var account = may.GetProperty("statement").GetProperty("inputs").GetProperty("onAccount").EnumerateArray().ShouldHaveSingleItem();
        (account.GetProperty("terms").GetGuid(), account.GetProperty("period").GetString(),
            account.GetProperty("amount").GetDecimal()).ShouldBe((old, "2040-05", 1_000_000.00m));
        await ReplaysAsync(id, may);
        (await _agreements.As("99A").PostAsync($"{Path(id)}", new { period = "2040-05" }, 200)).GetProperty("number").GetInt32().ShouldBe(1);
        (await PayAsync(id, "2040-Q3")).GetProperty("amount").GetDecimal().ShouldBe(6_000_000.00m);

        // And again, from the same day: what both had paid for May is taken off 3m. The years after are the last terms' alone.
        var last = await AgreedAsync(agreement, Block(36_000_000), from: "2040-05-01", supersedes: id);
        var third = await PayAsync(last, "2040-05");
        third.GetProperty("amount").GetDecimal().ShouldBe(1_000_000.00m);
        third.GetProperty("statement").GetProperty("inputs").GetProperty("onAccount").GetArrayLength().ShouldBe(2);
        await ReplaysAsync(last, third);
        // A month of a quarter that the terms before have paid belongs to the quarter.
        await NotPaidAsync(last, "2040-08", "payment-period-overlaps", "2040-Q3");
        (await PayAsync(last, "2040-Q3")).GetProperty("amount").GetDecimal().ShouldBe(3_000_000.00m);
        await NotPaidAsync(id, "2041-06", "payment-terms-not-in-force", last.ToString());
        (await PayAsync(last, "2041/42")).GetProperty("amount").GetDecimal().ShouldBe(36_000_000.00m);
        // What was paid for May by all three is what the last terms say.
        (await app.ScalarAsync<decimal>("SELECT sum((data ->> 'amount')::numeric) FROM contracts.mt_doc_payment WHERE period = '2040-05' AND "
            + "payment_terms_id = ANY($1)", new[] { old, id, last })).ShouldBe(3_000_000.00m);

        // Terms that end leave room: before the day, but not after it.
        var other = await AgreedAsync(agreement, Activity("NEL"));
        await AgreedAsync(agreement, Incentive("falls"), from: "2042-04-01", supersedes: other);
        Code(await RefusedAsync(agreement, Activity("NEL"))).ShouldBe("payment-terms-overlap");
        await AgreedAsync(agreement, Activity("NEL"), from: "2042-04-01");
    }

    [Fact]
    public async Task Terms_are_superseded_once_by_the_same_payer_and_provider_on_a_day_that_no_paid_period_crosses()
    {
        var agreement = await _agreements.SignedAsync(Draft("alliance", ["99A:commissioner", "RZ1:provider", "RZ3:provider"]));
        string[] parties = ["99A", "RZ1", "RZ3"];
        var old = await AgreedAsync(agreement, Block(12_000_000, "RZ1"), parties);
        await PayAsync(old, "2040-Q2");
        var commissioner = _agreements.As("99A");
        var path = $"{AgreementScenario.Path(agreement)}/payment-terms";
        foreach (var (body, pointer) in new (object, string)[]
        {
            (new { title = "x", terms = Block(1, "RZ1"), supersedes = old }, "/effectiveFrom"),
            (new { title = "x", terms = Block(1, "RZ1"), supersedes = old, effectiveFrom = "2040-05-02" }, "/effectiveFrom"),
            (new { title = "x", terms = Block(1, "RZ1"), supersedes = old, effectiveFrom = "1980-05-01" }, "/effectiveFrom"),
            (new { title = "x", terms = Block(1, "RZ1"), supersedes = Guid.CreateVersion7(), effectiveFrom = "2040-07-01" }, "/supersedes"),
        })
            (await commissioner.PostAsync(path, body,
                400)).GetProperty("errors").EnumerateArray().ShouldHaveSingleItem().GetProperty("pointer").GetString().ShouldBe(pointer);

        await RefusesAsync("RZ1", "2040-05-01", old, "2040-Q2 is paid");
        await RefusesAsync("RZ1", "2019-04-01", old, "runs from 2020-04-01");
        await RefusesAsync("RZ3", "2040-07-01", old, "another payer or provider");
        var open = (await ProposeAsync(agreement, Block(24_000_000, "RZ1"), "2040-07-01", old)).GetProperty("id").GetGuid();
        await RefusesAsync("RZ1", "2041-07-01", open, "99A, RZ1, RZ3");
        var rival = (await ProposeAsync(agreement, Block(25_000_000, "RZ1"), "2040-07-01", old)).GetProperty("id").GetGuid();
        await AcceptAsync(open, parties);
        // Whose proposal has lost its object is accepted no more.
        var late = await commissioner.PostAsync($"{Path(rival, "terms")}/acceptances", "", 409, "*");
        (Code(late), Detail(late).Contains($"superseded already, from 2040-07-01 by {open}")).ShouldBe(("supersession-refused", true));
        await RefusesAsync("RZ1", "2042-07-01", old, "Supersede those");
        await RefusesAsync("RZ1", "2040-04-01", open, "after the new ones");

        // Paid after the proposal and before the last acceptance: the day may not cut it either.
        var next = (await ProposeAsync(agreement, Block(26_000_000, "RZ1"), "2041-05-01", open)).GetProperty("id").GetGuid();
        await AcceptAsync(next, "99A", "RZ1");
        await PayAsync(open, "2041/42");
        Detail(await _agreements.As("RZ3").PostAsync($"{Path(next, "terms")}/acceptances", "", 409, "*")).ShouldContain("2041/42 is paid");

        async Task RefusesAsync(string provider, string from, Guid supersedes, string why)
        {
            var refused = await commissioner.PostAsync(path, new { title = "x", terms = Block(1, provider), effectiveFrom = from, supersedes }, 409);
            Code(refused).ShouldBe("supersession-refused");
            Detail(refused).ShouldContain(why);
        }
    }

    [Fact]
    public async Task Of_terms_that_pay_the_same_and_are_accepted_at_once_one_comes_to_bind()
    {
        for (var round = 0; round < 5; round++)
        {
            var agreement = await SignedAsync();
            var rivals = new List<Guid>();
            for (var i = 0; i < 3; i++)
            {
                rivals.Add((await ProposeAsync(agreement, Block(12_000_000 + i))).GetProperty("id").GetGuid());
                await AcceptAsync(rivals[i], "99A");
            }

            var statuses = await Task.WhenAll(rivals.Select(async id =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"{Path(id, "terms")}/acceptances");
                request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
                using var response = await _agreements.As("RZ1").SendAsync(request);
                return (int)response.StatusCode;
            }));
            statuses.Order().ShouldBe([200, 409, 409]);
            (await app.ScalarAsync<long>("SELECT count(*) FROM contracts.mt_doc_payment_terms WHERE agreement_id = $1 AND data ->> 'status' = 'agreed'",
                agreement)).ShouldBe(1);
        }
    }

    private static object Block(decimal perYear, string? provider = null) => new { form = "block", provider, @fixed = new { perYear } };

    private static object Activity(params string[] points) =>
        new
        {
            form = "activity-at-price",
            prices = points.Select(p => new { pointOfDelivery = p, price = 100 }),
            activity = new[] { new { code = "all", pointsOfDelivery = points } }
        };

    private static object Incentive(string code) =>
        new
        {
            form = "incentive",
            outcomes = new[] { new { code, perYear = 120_000, treatment = "added", scoring = "proportional",
            indicators = new[] { new { code = "rate" } } } }
        };

    private static string Path(Guid terms, string of = "payments") => $"/v1/contracts/payment-terms/{terms}{(of == "payments" ? "/payments" : "")}";

    private Task<Guid> SignedAsync() => _agreements.SignedAsync(Draft("bilateral", ["99A:commissioner", "RZ1:provider"]));

    private Task<JsonElement> ProposeAsync(Guid agreement, object terms, string? effectiveFrom = null, Guid? supersedes = null) =>
        _agreements.As("99A").PostAsync($"{AgreementScenario.Path(agreement)}/payment-terms", new { title = "Terms", terms, effectiveFrom, supersedes }, 201);

    private Task<JsonElement> RefusedAsync(Guid agreement, object terms) =>
        _agreements.As("RZ1").PostAsync($"{AgreementScenario.Path(agreement)}/payment-terms", new { title = "More", terms }, 409);

    private async Task<Guid> AgreedAsync(Guid agreement, object terms, string[]? parties = null, string? from = null, Guid? supersedes = null)
    {
        var id = (await ProposeAsync(agreement, terms, from, supersedes)).GetProperty("id").GetGuid();
        await AcceptAsync(id, parties ?? ["99A", "RZ1"]);
        return id;
    }

    private async Task AcceptAsync(Guid terms, params string[] parties)
    {
        foreach (var party in parties)
            await _agreements.As(party).PostAsync($"{Path(terms, "terms")}/acceptances", "", 200, "*");
    }

    private Task<JsonElement> PayAsync(Guid terms, string period, object? inputs = null) =>
        _agreements.As("RZ1").PostAsync(Path(terms), new { period, inputs }, 201);

    private async Task NotPaidAsync(Guid terms, string period, string code, string why)
    {
        var refused = await _agreements.As("RZ1").PostAsync(Path(terms), new { period }, 409);
        Code(refused).ShouldBe(code);
        Detail(refused).ShouldContain(why);
    }

    private async Task ReplaysAsync(Guid terms, JsonElement payment)
    {
        var one = $"{Path(terms)}/{payment.GetProperty("id").GetGuid()}";
        var pack = await _agreements.As("RZ1").GetByteArrayAsync($"{one}/pack");
        ContractsModule.Settle(pack).Statement.ShouldBe(await _agreements.As("RZ1").GetByteArrayAsync($"{one}/statement"));
    }
}
