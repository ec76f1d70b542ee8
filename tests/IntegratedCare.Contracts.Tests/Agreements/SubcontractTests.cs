using System.Text.Json.Nodes;
using IntegratedCare.Testing;
using static IntegratedCare.Contracts.Tests.AgreementScenario;

namespace IntegratedCare.Contracts.Tests.Agreements;

public sealed class SubcontractTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    private readonly AgreementScenario _agreements = new(app);

    public async ValueTask InitializeAsync() => await _agreements.RegisterAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("bilateral", "99A:commissioner RZ1:provider RZ2:provider", "two parties")]
    [InlineData("alliance", "99A:commissioner RZ1:provider", "at least two providers")]
    [InlineData("alliance", "RZ1:provider RZ2:provider", "at least one commissioner")]
    [InlineData("alliance", "99A:commissioner RZ1:prime RZ2:provider", "marked prime")]
    [InlineData("prime-provider", "99A:commissioner RZ1:provider", "exactly one provider marked prime; this has 0")]
    [InlineData("prime-provider", "99A:commissioner RZ1:prime RZ2:prime", "exactly one provider marked prime; this has 2")]
    [InlineData("prime-provider", "RZ1:prime RZ2:provider", "at least one commissioner")]
    [InlineData("accountable-care", "99A:commissioner RZ1:provider RZ2:provider", "exactly one provider marked prime")]
    [InlineData("joint-venture", "99A:commissioner RZ1:provider", "at least two providers")]
    [InlineData("service-franchise", "99A:commissioner RZ1:provider", "at least two providers")]
    [InlineData("visiting-service", "99A:commissioner RZ1:provider", "at least two providers")]
    public async Task A_structure_without_its_parties_is_refused(string structure, string parties, string reason)
    {
        var draft = Draft(structure, parties.Split(' '));
        var refused = await _agreements.As(draft["parties"]![0]!["organisation"]!.GetValue<string>()).PostAsync("/v1/contracts/agreements", draft, 400);
        Code(refused).ShouldBe("structure-not-met");
        refused.GetProperty("errors").EnumerateArray().ShouldContain(e => e.GetProperty("pointer").GetString() == "/parties"
            && e.GetProperty("detail").GetString()!.Contains(reason));
    }

    [Theory]
    [InlineData("bilateral", "99A:commissioner RZ1:provider")]
    [InlineData("alliance", "99A:commissioner RZ1:provider RZ2:provider")]
    [InlineData("prime-provider", "99A:commissioner RZ1:prime RZ2:provider")]
    [InlineData("accountable-care", "99A:commissioner RZ1:prime")]
    [InlineData("joint-venture", "RZ1:provider FED01:provider")]
    [InlineData("service-franchise", "RZ1:provider RZ2:provider")]
    [InlineData("visiting-service", "RZ1:provider RZ2:provider")]
    public async Task A_structure_with_its_parties_is_taken(string structure, string parties) =>
        await _agreements.CreateAsync(Draft(structure, parties.Split(' ')));

    [Fact]
    public async Task A_short_accountable_care_contract_is_refused()
    {
        var refused = await _agreements.As("99A").PostAsync("/v1/contracts/agreements",
            Draft("accountable-care", ["99A:commissioner", "RZ1:prime"], "2026-04-01", "2031-03-30"), 400);
        refused.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/to");
        await _agreements.CreateAsync(Draft("accountable-care", ["99A:commissioner", "RZ1:prime"], "2026-04-01", "2031-03-31"));
    }

    [Fact]
    public async Task A_subcontract_stands_under_its_primes_contract_and_within_it()
    {
        var head = await _agreements.SignedAsync(Draft("prime-provider", ["99A:commissioner", "RZ1:prime"]));
        (await RefusedAsync(Under(head, ["RZ1:commissioner", "RZ3:provider"], from: "2019-04-01"))).ShouldContain("within the head's days");
        (await RefusedAsync(Under(head, ["RZ1:commissioner", "RZ3:provider"],
            services: ["Community Nursing", "podiatry"]))).ShouldBe("subcontract-refused Not among the head's services: podiatry.");
        (await RefusedAsync(Under(head, ["99A:commissioner", "RZ3:provider"]))).ShouldContain("RZ1 must be its commissioner");
        var other = await _agreements.CreateAsync(Draft("alliance", ["99A:commissioner", "RZ1:provider", "RZ2:provider"]));
        (await RefusedAsync(Under(other, ["RZ1:commissioner", "RZ3:provider"]))).ShouldContain("the head is alliance");
        // Who is no party to the head does not know of it.
        var unknown = await _agreements.As("RZ3").PostAsync("/v1/contracts/agreements", Under(head, ["RZ3:provider", "RZ1:commissioner"]), 400);
        unknown.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/headAgreement");

        var one = await _agreements.CreateAsync(Under(head, ["RZ1:commissioner", "RZ3:provider"], services: ["Community Nursing"]));
        var two = await _agreements.CreateAsync(Under(head, ["RZ1:commissioner", "RZ2:provider"], to: "2030-03-31"));
        (await _agreements.As("RZ3").GetAsync(Path(one), 200)).GetProperty("headAgreement").GetGuid().ShouldBe(head);
        // The head's commissioner sees who provides what, though it is no party.
        var page = await _agreements.As("99A").GetAsync($"{Path(head)}/subcontracts?limit=1", 200);
        var first = page.GetProperty("items").EnumerateArray().Single();
        (first.GetProperty("id").GetGuid(), Strings(first.GetProperty("providers")).Single()).ShouldBe((one, "RZ3"));
        var second = (await _agreements.As("99A").GetAsync($"{Path(head)}/subcontracts?limit=1&cursor={page.GetProperty("next").GetString()}",
            200)).GetProperty("items").EnumerateArray().Single();
        second.GetProperty("id").GetGuid().ShouldBe(two);
        await _agreements.As("99A").GetAsync(Path(one), 404);
        await _agreements.As("RZ3").GetAsync($"{Path(head)}/subcontracts", 404);

        // Ending the head sooner shows the one that would outlive it.
        var varied = await _agreements.As("RZ1").PostAsync($"{Path(head)}/variations",
            new { effectiveFrom = "2026-10-01", reason = "Shorter", to = "2031-03-31" }, 201, "*");
        varied.GetProperty("subcontractsTouched").EnumerateArray().Single().GetProperty("id").GetGuid().ShouldBe(one);
        foreach (var party in new[] { "99A", "RZ1" })
            await _agreements.As(party).PostAsync($"{Path(head)}/variations/2/signatures", "", 200, "*");
        (await _agreements.As("99A").GetAsync($"{Path(head)}/subcontracts", 200)).GetProperty("items").EnumerateArray()
            .Select(s => s.GetProperty("touched").GetString() is not null).ShouldBe([true, false]);
        // And its notice ends all under it that is not over by then.
        var notice = await _agreements.As("RZ1").PostAsync($"{Path(head)}/notices", new { reason = "We stop" }, 201, "*");
        notice.GetProperty("outcome").GetString().ShouldBe("agreement-ends");
        notice.GetProperty("subcontractsTouched").EnumerateArray().Select(s => s.GetProperty("id").GetGuid()).ShouldBe([one, two]);
    }

    [Fact]
    public async Task Subcontracts_never_run_in_a_circle()
    {
        // 99A -> RZ1 -> RZ2 -> RZ3, each the prime provider of its contract.
        var top = await _agreements.SignedAsync(Draft("prime-provider", ["99A:commissioner", "RZ1:prime"]));
        var middle = await _agreements.SignedAsync(Under(top, ["RZ1:commissioner", "RZ2:prime"], "prime-provider"));
        var bottom = await _agreements.SignedAsync(Under(middle, ["RZ2:commissioner", "RZ3:prime"], "prime-provider"));

        // Nobody works under a contract that it has let: neither RZ1 two levels down, nor 99A.
        (await RefusedAsync(Under(middle,
            ["RZ2:commissioner", "RZ1:provider"]))).ShouldBe("subcontract-cycle RZ1 would provide under a contract that it has itself let, further up.");
        (await RefusedAsync(Under(bottom, ["RZ3:commissioner", "RZ1:provider"]))).ShouldStartWith("subcontract-cycle RZ1");
        (await RefusedAsync(Under(top, ["RZ1:commissioner", "99A:provider"]))).ShouldStartWith("subcontract-cycle 99A");

        // An agreement put under itself, and under one that stands under it.
        var operatorUnseen = await _agreements.As("RZ3").PostAsync($"{Path(bottom)}/variations",
            new { effectiveFrom = "2026-10-01", reason = "x", headAgreement = top }, 400, "*");
        operatorUnseen.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/headAgreement");
        Detail(await VaryHeadAsync("RZ2", middle, middle)).ShouldBe("An agreement cannot stand under itself.");
        var indirect = await VaryHeadAsync("RZ2", middle, bottom);
        (Code(indirect), Detail(indirect)).ShouldBe(("subcontract-cycle", "The agreement would stand under itself, by way of: prime-provider of 2."));
    }

    [Fact]
    public async Task Two_signed_agreements_are_put_under_each_other_only_once()
    {
        // Each is let by the other's prime provider, so each fits under the other, but not both.
        var a = await _agreements.SignedAsync(Draft("prime-provider", ["RZ1:commissioner", "RZ2:prime"]));
        var b = await _agreements.SignedAsync(Draft("prime-provider", ["RZ2:commissioner", "RZ3:prime"]));
        var c = await _agreements.SignedAsync(Draft("prime-provider", ["RZ3:commissioner", "RZ2:prime"]));
        await _agreements.As("RZ2").PostAsync($"{Path(b)}/variations", new { effectiveFrom = "2026-10-01", reason = "Joined", headAgreement = a }, 201, "*");
        await _agreements.As("RZ3").PostAsync($"{Path(b)}/variations/2/signatures", "", 200, "*");
        await _agreements.As("RZ2").PostAsync($"{Path(b)}/variations/2/signatures", "", 200, "*");
        (await _agreements.As("RZ2").GetAsync(Path(b), 200)).GetProperty("headAgreement").GetGuid().ShouldBe(a);
        (await _agreements.As("RZ1").GetAsync($"{Path(a)}/subcontracts", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
        // RZ2 has let b, which stands above c.
        Code(await VaryHeadAsync("RZ2", c, b)).ShouldBe("subcontract-cycle");
    }

    private async Task<System.Text.Json.JsonElement> VaryHeadAsync(string organisation, Guid agreement, Guid head) =>
        await _agreements.As(organisation).PostAsync($"{Path(agreement)}/variations",
            new { effectiveFrom = "2026-10-01", reason = "Moved", headAgreement = head }, 409, "*");

    private static JsonObject Under(Guid head, string[] parties, string structure = "bilateral", string from = "2020-04-01", string to = "2049-03-31",
        string[]? services = null)
    {
        var draft = Draft(structure, parties, from, to, services);
        draft["headAgreement"] = head.ToString();
        return draft;
    }

    private async Task<string> RefusedAsync(JsonObject draft)
    {
        // The operator drafts for anybody and sees every agreement, so that the rule itself answers.
        var refused = await _agreements.As("OPR01").PostAsync("/v1/contracts/agreements", draft, 409);
        return $"{Code(refused)} {Detail(refused)}";
    }
}
