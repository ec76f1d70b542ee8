using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Features;
using IntegratedCare.Shared;
using IntegratedCare.Testing;

namespace IntegratedCare.Contracts.Tests.Features;

/// <summary>The worked settlements of <c>samples/settlements</c>: what is committed is what the product gives.</summary>
public class SettlementSampleTests(TestApp app) : IClassFixture<TestApp>
{
    private static readonly string Root = Find();

    private static readonly string[] Folders = [.. Directory.GetDirectories(Root).Where(d => File.Exists(Path.Combine(d, "pack.json"))).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Samples => [.. Folders];

    [Theory]
    [MemberData(nameof(Samples))]
    public void The_committed_statement_is_what_its_pack_gives(string sample)
    {
        var (statement, sha256) = ContractsModule.Settle(Bytes(sample, "pack.json"));
        const string Refresh = "Look at the difference; if it is meant, run samples/settlements/refresh.sh and commit.";
        Encoding.UTF8.GetString(Bytes(sample, "statement.json")).ShouldBe(Encoding.UTF8.GetString(statement), Refresh);
        Encoding.UTF8.GetString(Bytes(sample, "statement.csv")).ShouldBe(ContractsModule.Csv(statement), Refresh);
        Encoding.UTF8.GetString(Bytes(sample, "statement.html")).ShouldBe(ContractsModule.Page(statement), Refresh);
        ContractsModule.Page(statement).ShouldContain(sha256);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Its_agreement_would_be_taken_and_has_the_terms_of_its_pack(string sample)
    {
        var (agreement, riskShare) = Agreement(sample);
        new CreateAgreement.Validator().Validate(agreement).Errors.ShouldBeEmpty();
        new CreateRiskShare.Validator().Validate(riskShare).Errors.ShouldBeEmpty();
        var parties = agreement.Parties!.Select(p => new AgreementParty(p!.Organisation!, p.Role!, new Signatory(p.Signatory!.Name!, p.Signatory.Role!), Prime: p.Prime == true)).ToList();
        StructureRules.Check(agreement.Structure!, parties, agreement.From!.Value, agreement.To!.Value);

        var pack = PackDraft.Read(Bytes(sample, "pack.json"));
        var complete = pack.Complete();
        var terms = TermsRules.Complete(riskShare.Terms!, Preset.Find(riskShare.Preset), [.. parties.Select(p => new TermsRules.Party(p.Organisation, p.Role))], agreement.System);
        CanonicalJson.ToBytes(complete.Terms.Normalised()).ShouldBe(CanonicalJson.ToBytes(terms.Normalised()));
        complete.RiskShare.Title.ShouldBe(riskShare.Title);
        complete.RiskShare.AgreementId.ShouldBe(riskShare.AgreementId!.Value);
        pack.Parties!.Select(p => (p!.Organisation, p.Role)).ShouldBe(parties.Select(p => (p.Organisation, p.Role)));
        var period = SettlementPeriod.Parse(complete.Period)!;
        (agreement.From <= period.First && period.Last <= agreement.To).ShouldBeTrue("The period lies in the agreement.");
        sample.ShouldStartWith(riskShare.Preset!);
    }

    [Fact]
    public void Every_preset_has_a_sample() =>
        Preset.All.Select(p => p.Code).Except(Folders).ShouldBeEmpty();

    [Theory]
    [InlineData("mssp-track-1", 12_842_326), InlineData("mssp-enhanced", 107_895_330), InlineData("mssp-enhanced-loss", -1_371_539), InlineData("mssp-basic-a", 495_802)]
    public void Samples_of_published_figures_end_in_the_published_payment(string sample, decimal paid) =>
        Statement.FromBytes(Bytes(sample, "statement.json")).Transfers.Single(t => t.Party == "ACO01").Amount.ShouldBe(paid);

    [Theory]
    [InlineData("northumbria"), InlineData("symmetric-alliance")]
    public async Task The_bodies_are_taken_over_http_and_the_replay_gives_the_committed_bytes(string sample)
    {
        await new Agreements(app).RegisterAsync();
        var client = app.ClientFor("demo-commissioner");
        var bodies = JsonNode.Parse(Bytes(sample, "agreement.json"))!;
        var created = await client.PostAsync("/v1/contracts/agreements", bodies["agreement"]!, 201);
        var riskShare = bodies["riskShare"]!;
        riskShare["agreementId"] = created.GetProperty("id").GetString();
        (await client.PostAsync("/v1/contracts/risk-shares", riskShare, 201)).GetProperty("terms").GetProperty("preset").GetString().ShouldBe(sample);

        using var response = await client.PostAsync("/v1/contracts/settlements/replay", new StringContent(Encoding.UTF8.GetString(Bytes(sample, "pack.json")), Encoding.UTF8, "application/json"));
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(Bytes(sample, "statement.json"));
    }

    private static (CreateAgreement.CreateAgreementRequest Agreement, CreateRiskShare.CreateRiskShareRequest RiskShare) Agreement(string sample)
    {
        var bodies = JsonDocument.Parse(Bytes(sample, "agreement.json")).RootElement;
        return (bodies.GetProperty("agreement").Deserialize<CreateAgreement.CreateAgreementRequest>(SharedJson.Wire)!, bodies.GetProperty("riskShare").Deserialize<CreateRiskShare.CreateRiskShareRequest>(SharedJson.Wire)!);
    }

    private static byte[] Bytes(string sample, string file) => File.ReadAllBytes(Path.Combine(Root, sample, file));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "IntegratedCare.sln")))
                return Path.Combine(folder.FullName, "samples", "settlements");
        }

        throw new InvalidOperationException("IntegratedCare.sln is in no parent folder of the tests.");
    }
}
