using IntegratedCare.Commissioning.Events;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.Gates;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using static IntegratedCare.Contracts.Tests.AgreementScenario;

namespace IntegratedCare.Contracts.Tests.Gates;

public sealed class GateTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    private static readonly string[] Parties = ["99A:commissioner", "QZ9:commissioner", "RZ1:prime", "RZ3:provider"];
    private readonly AgreementScenario _agreements = new(app);

    public async ValueTask InitializeAsync() => await _agreements.RegisterAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_novel_contract_is_signed_after_checkpoints_1_and_2_and_starts_after_3()
    {
        var id = await _agreements.CreateAsync(Draft("accountable-care", Parties));
        var path = Path(id);
        var board = _agreements.As("QZ9", "Ada Assurer");
        await SignatureRefusedAsync("99A", 1);

        await app.ClientFor("demo-integrated-care-board", "commissioning").PostAsync($"{path}/gates", Gate(1), 400, "*");
        await _agreements.As("RZ1").PostAsync($"{path}/gates", Gate(1), 403, "*");
        await _agreements.As("E06000991").PostAsync($"{path}/gates", Gate(1), 403, "*");
        await board.PostAsync($"{path}/gates", Gate(4), 400, "*");
        await board.PostAsync($"{path}/gates", new { checkpoint = 1, outcome = "maybe", evidence = "", decidedOn = "2020-01-10" }, 400, "*");
        (await board.PostAsync($"{path}/gates", Gate(1, decidedOn: "1989-12-31"), 400, "*")).GetProperty("errors").EnumerateArray()
            .Select(e => $"{e.GetProperty("pointer")} {e.GetProperty("detail")}")
            .ShouldBe(["/decidedOn A day from 1990-01-01 to 2150-01-01."]);
        await board.PostAsync($"{path}/gates", Gate(1), 428);
        Detail(await board.PostAsync($"{path}/gates", Gate(2), 409, "*")).ShouldContain("decided in order");
        Code(await board.PostAsync($"{path}/gates", Gate(1, decidedOn: "2149-01-01"), 409, "*")).ShouldBe("gate-refused");
        await board.PostAsync($"{path}/gates", Gate(1, "failed"), 201, "*");
        await SignatureRefusedAsync("99A", 1);
        await board.PostAsync($"{path}/gates", Gate(1), 201, "*");
        Detail(await board.PostAsync($"{path}/gates", Gate(1, "failed"), 409, "*")).ShouldContain("final");
        await SignatureRefusedAsync("99A", 2);
        Detail(await board.PostAsync($"{path}/gates", Gate(2, decidedOn: "2020-01-01"), 409, "*")).ShouldContain("2020-01-10");
        // The system operator and the other commissioner may record one too.
        await _agreements.As("OPR01", "Ada Assurer").PostAsync($"{path}/gates", Gate(2), 201, "*");
        (await _agreements.SignAsync(id)).GetProperty("status").GetString().ShouldBe("agreed");
        await app.Services.GetRequiredService<AgreementCalendar>().AdvanceAsync(default);
        (await _agreements.As("RZ3").GetAsync(path, 200)).GetProperty("status").GetString().ShouldBe("agreed");
        var started = await _agreements.As("99A", "Cam Missioner").PostAsync($"{path}/gates", Gate(3), 201, "*");
        started.GetProperty("status").GetString().ShouldBe("active");
        (await _agreements.PublishedAsync("contracts.contract-activated.v1", id)).ShouldHaveSingleItem();

        var gates = (await board.GetAsync($"{path}/gates", 200)).GetProperty("gates").EnumerateArray().ToList();
        gates.Select(g => $"{g.GetProperty("checkpoint").GetInt32()} {g.GetProperty("outcome").GetString()} {g.GetProperty("decidedBy").GetString()} "
            + $"{g.GetProperty("signature").GetProperty("name").GetString()}")
            .ShouldBe(["1 failed QZ9 Ada Assurer", "1 passed QZ9 Ada Assurer", "2 passed OPR01 Ada Assurer", "3 passed 99A Cam Missioner"]);
        await _agreements.As("E06000991").GetAsync($"{path}/gates", 404);

        async Task SignatureRefusedAsync(string organisation, int checkpoint)
        {
            var refused = await _agreements.As(organisation).PostAsync($"{path}/signatures", "", 409, "*");
            (Code(refused), Detail(refused)).ShouldBe(("gate-not-passed",
                $"An accountable-care contract is not signed before checkpoint {checkpoint} has been passed."));
        }
    }

    [Fact]
    public async Task Who_is_no_party_neither_records_nor_sees_checkpoints_not_even_a_commissioner()
    {
        var theirs = await _agreements.CreateAsync(Draft("accountable-care", ["99A:commissioner", "RZ1:prime", "RZ3:provider"]));
        await _agreements.As("QZ9").PostAsync($"{Path(theirs)}/gates", Gate(1), 404, "*");
        await _agreements.As("QZ9").GetAsync($"{Path(theirs)}/gates", 404);
        (await _agreements.As("99A").PostAsync($"{Path(theirs)}/gates", Gate(1), 201, "*")).GetProperty("gates").GetArrayLength().ShouldBe(1);
        var boards = await _agreements.CreateAsync(Draft("accountable-care", ["QZ9:commissioner", "RZ1:prime", "RZ3:provider"]));
        await _agreements.As("99A").PostAsync($"{Path(boards)}/gates", Gate(1), 404, "*");
        await _agreements.As("99A").PostAsync($"{Path(Guid.CreateVersion7())}/gates", Gate(1), 404, "*");
        (await _agreements.As("OPR01").PostAsync($"{Path(boards)}/gates", Gate(1), 201, "*")).GetProperty("gates").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Nobody_assures_itself_and_other_structures_have_no_checkpoints()
    {
        // A board that provides under the contract, as it might community services.
        var own = await _agreements.CreateAsync(Draft("accountable-care", ["99A:commissioner", "RZ1:prime", "QZ9:provider"]));
        Code(await _agreements.As("QZ9").PostAsync($"{Path(own)}/gates", Gate(1), 403, "*")).ShouldBe("gate-not-yours");
        var plain = await _agreements.CreateAsync(Draft("alliance", ["99A:commissioner", "RZ1:provider", "RZ3:provider"]));
        Code(await _agreements.As("99A").PostAsync($"{Path(plain)}/gates", Gate(1), 409, "*")).ShouldBe("gate-refused");
        await _agreements.As("QZ9").PostAsync($"{Path(plain)}/gates", Gate(1), 404, "*");
    }

    [Fact]
    public async Task Commissionings_word_counts_like_a_recorded_decision_and_only_once()
    {
        var id = await _agreements.CreateAsync(Draft("accountable-care", Parties));
        var plain = await _agreements.CreateAsync(Draft("alliance", ["99A:commissioner", "RZ1:provider", "RZ3:provider"]));
        await PassedAsync((id, 1, 1), (plain, 1, 1), (Guid.CreateVersion7(), 1, 1));
        await PassedAsync((id, 2, 3), (id, 2, 2), (id, 2, 3));
        await PassedAsync((id, 1, 1));
        var gates = (await _agreements.As("99A").GetAsync(Path(id), 200)).GetProperty("gates");
        gates.EnumerateArray().Select(g => (g.GetProperty("checkpoint").GetInt32(), g.GetProperty("eventVersion").GetInt64())).ShouldBe([(1, 1), (2, 3)]);
        (await _agreements.As("99A").GetAsync(Path(plain), 200)).GetProperty("gates").GetArrayLength().ShouldBe(0);
        (await _agreements.SignAsync(id)).GetProperty("status").GetString().ShouldBe("agreed");
        await PassedAsync((id, 3, 1));
        await PassedAsync((id, 3, 1));
        (await _agreements.As("RZ1").GetAsync(Path(id), 200)).GetProperty("status").GetString().ShouldBe("active");
        (await _agreements.PublishedAsync("contracts.contract-activated.v1", id)).ShouldHaveSingleItem();
    }

    private async Task PassedAsync(params (Guid Agreement, int Checkpoint, long Version)[] passed)
    {
        foreach (var (agreement, checkpoint, version) in passed)
            await app.PublishAsync(new GatePassed(agreement, checkpoint, new DateOnly(2020, 1, 10), version));
        await app.DrainOutboxAsync();
    }

    private static object Gate(int checkpoint, string outcome = "passed", string decidedOn = "2020-01-10") =>
        new { checkpoint, outcome, evidence = "Minutes of the assurance panel", decidedOn };
}
