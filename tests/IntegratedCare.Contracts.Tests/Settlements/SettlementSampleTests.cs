using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;
using IntegratedCare.Testing;

namespace IntegratedCare.Contracts.Tests.Settlements;

/// <summary>
/// The worked settlements of <c>samples/settlements</c>: what is committed is what the product gives. They are for readers, not in
/// <c>__snapshots__</c>, so compared here.
/// </summary>
public class SettlementSampleTests(TestApp app) : IClassFixture<TestApp>
{
    private static readonly string Root = Find();

    private static readonly string[] Folders = [.. Directory.GetDirectories(Root).Where(d => File.Exists(Path.Combine(d, "pack.json")))
        .Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    private static readonly string[] PaymentFolders = [.. Folders.Where(f => CanonicalJson.SchemaOf(Bytes(f, "pack.json")) == PaymentPackDraft.SchemaName)];

    public static TheoryData<string> Samples => [.. Folders];

    public static TheoryData<string> RiskShares => [.. Folders.Except(PaymentFolders)];

    public static TheoryData<string> Payments => [.. PaymentFolders];

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
    [MemberData(nameof(RiskShares))]
    public void Its_agreement_would_be_taken_and_has_the_terms_of_its_pack(string sample)
    {
        var (agreement, riskShare) = Agreement(sample);
        new CreateAgreement.Rules().Validate(agreement).Errors.ShouldBeEmpty();
        new CreateRiskShare.Rules().Validate(riskShare).Errors.ShouldBeEmpty();
        var parties = agreement.Parties!
            .Select(p => new AgreementParty(p!.Organisation!, p.Role!, new Signatory(p.Signatory!.Name!, p.Signatory.Role!), Prime: p.Prime == true)).ToList();
        StructureRules.Check(agreement.Structure!, parties, agreement.From!.Value, agreement.To!.Value);

        var pack = PackJson.Read<PackDraft>(Bytes(sample, "pack.json"));
        var complete = pack.Complete();
        var terms = TermsRules.Complete(riskShare.Terms!, Preset.Find(riskShare.Preset),
            [.. parties.Select(p => new TermsRules.Party(p.Organisation, p.Role))], agreement.System);
        CanonicalJson.ToBytes(complete.Terms.Normalised()).ShouldBe(CanonicalJson.ToBytes(terms.Normalised()));
        complete.RiskShare.Title.ShouldBe(riskShare.Title);
        complete.RiskShare.AgreementId.ShouldBe(riskShare.AgreementId!.Value);
        pack.Parties!.Select(p => (p!.Organisation, p.Role)).ShouldBe(parties.Select(p => (p.Organisation, p.Role)));
        var period = Period.Parse(complete.Period)!;
        (agreement.From <= period.First && period.Last <= agreement.To).ShouldBeTrue("The period lies in the agreement.");
        sample.ShouldStartWith(riskShare.Preset!);
    }

    [Theory]
    [MemberData(nameof(Payments))]
    public void The_agreement_of_a_payment_would_be_taken_and_has_the_terms_of_its_pack(string sample)
    {
        var bodies = JsonDocument.Parse(Bytes(sample, "agreement.json")).RootElement;
        var agreement = bodies.GetProperty("agreement").Deserialize<CreateAgreement.Request>(SharedJson.Wire)!;
        var terms = bodies.GetProperty("paymentTerms").Deserialize<CreatePaymentTerms.Request>(SharedJson.Wire)!;
        new CreateAgreement.Rules().Validate(agreement).Errors.ShouldBeEmpty();
        new CreatePaymentTerms.Rules().Validate(terms).Errors.ShouldBeEmpty();
        var parties = agreement.Parties!
            .Select(p => new AgreementParty(p!.Organisation!, p.Role!, new Signatory(p.Signatory!.Name!, p.Signatory.Role!), Prime: p.Prime == true)).ToList();
        StructureRules.Check(agreement.Structure!, parties, agreement.From!.Value, agreement.To!.Value);

        var pack = PackJson.Read<PaymentPackDraft>(Bytes(sample, "pack.json")).Complete();
        var complete = PaymentRules.Complete(terms.Terms!, [.. parties.Select(p => new TermsRules.Party(p.Organisation, p.Role))]);
        CanonicalJson.ToBytes(pack.Terms).ShouldBe(CanonicalJson.ToBytes(complete));
        pack.PaymentTerms!.Title.ShouldBe(terms.Title);
        var period = Period.Parse(pack.Period)!;
        (agreement.From <= period.First && period.Last <= agreement.To).ShouldBeTrue("The period lies in the agreement.");
        sample.ShouldStartWith(pack.Terms.Preset!);
    }

    [Fact]
    public void The_hash_that_the_guide_prints_is_that_of_the_committed_statement()
    {
        var guide = File.ReadAllText(Path.Combine(Root, "..", "..", "docs", "settlement.md"));
        var hash = ContractsModule.Settle(Bytes("northumbria", "pack.json")).Sha256;
        guide.ShouldContain($"sha256sum samples/settlements/northumbria/statement.json\n# {hash}\n");
    }

    [Fact]
    public void Every_preset_has_a_sample()
    {
        Preset.All.Select(p => p.Code).Except(Folders).ShouldBeEmpty();
        PaymentPreset.All.Select(p => p.Code).Except(Folders).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("blended-2019-20", 40_400_000), InlineData("mret-30", 10_450_000), InlineData("mret-70", 11_050_000), InlineData("api-2022-23", 101_500_000)]
    [InlineData("api-2022-23-below", 97_750_000), InlineData("cquin-2022-23", 79_700_000)]
    public void Samples_of_worked_payments_end_in_the_worked_figure(string sample, decimal paid) =>
        PaymentStatement.FromBytes(Bytes(sample, "statement.json")).Transfers.Single(t => t.Party == "RZ1").Amount.ShouldBe(paid);

    [Theory]
    [MemberData(nameof(Payments))]
    public void A_payment_page_is_well_formed_and_names_what_is_due_and_every_line(string sample)
    {
        var page = Encoding.UTF8.GetString(Bytes(sample, "statement.html"));
        var document = XDocument.Parse(page.Replace("<!DOCTYPE html>\n", "", StringComparison.Ordinal));
        var statement = PaymentStatement.FromBytes(Bytes(sample, "statement.json"));
        var ids = document.Descendants().Select(e => (string?)e.Attribute("id")).OfType<string>().ToList();
        ids.Count(i => i.StartsWith("line-", StringComparison.Ordinal)).ShouldBe(statement.Lines.Count);
        document.Descendants().Select(e => (string?)e.Attribute("href")).OfType<string>().Where(h => !ids.Contains(h[1..])).ShouldBeEmpty();
        var due = statement.Transfers.Single(t => t.Party == statement.Terms.Provider).Amount;
        document.Descendants().Single(e =>
            (string?)e.Attribute("class") == "who").Value.ShouldBe($"99A pays {statement.Terms.Provider} {StatementText.Money(due, "GBP")}.");
    }

    [Theory]
    [MemberData(nameof(Payments))]
    public void The_agreement_over_a_payment_is_of_the_form_of_its_terms(string sample)
    {
        var bodies = JsonNode.Parse(Bytes(sample, "agreement.json"))!;
        var form = bodies["agreement"]!["form"]!.GetValue<string>();
        form.ShouldBeOneOf(Contracts.Agreements.Agreement.Forms);
        form.ShouldBe(PaymentPreset.Find(bodies["paymentTerms"]!["terms"]!["preset"]!.GetValue<string>())!.Form);
    }

    [Theory]
    [InlineData("""{"schema":"integrated-care/payment-pack/1","colour":1}""", "member is unknown")]
    [InlineData("""{"schema":"integrated-care/payment-pack/1","inputs":{"weightedPopulation":"1,000"}}""", "without quotes")]
    [InlineData("""{"colour":1}""", "member is unknown")]
    public void A_pack_of_another_shape_is_refused_with_what_is_wrong(string pack, string told) =>
        Should.Throw<RequestRefused>(() => ContractsModule.Settle(Encoding.UTF8.GetBytes(pack))).Message.ShouldContain(told);

    [Theory]
    [InlineData("blended-2019-20"), InlineData("api-2022-23")]
    public async Task A_payment_agreed_over_http_and_its_pack_give_the_committed_bytes(string sample)
    {
        await new AgreementScenario(app).RegisterAsync();
        var client = app.ClientFor("demo-commissioner");
        var bodies = JsonNode.Parse(Bytes(sample, "agreement.json"))!;
        var created = await client.PostAsync("/v1/contracts/agreements", bodies["agreement"]!, 201);
        var terms = await client.PostAsync($"/v1/contracts/agreements/{created.GetProperty("id").GetString()}/payment-terms", bodies["paymentTerms"]!, 201);
        terms.GetProperty("terms").GetProperty("preset").GetString().ShouldBe(sample);

        var pack = new StringContent(Encoding.UTF8.GetString(Bytes(sample, "pack.json")), Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v1/contracts/payments/replay", pack);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(Bytes(sample, "statement.json"));
    }

    [Theory]
    [InlineData("mssp-track-1", 12_842_326), InlineData("mssp-enhanced", 107_895_330), InlineData("mssp-enhanced-loss", -1_371_539),
        InlineData("mssp-basic-a", 495_802)]
    public void Samples_of_published_figures_end_in_the_published_payment(string sample, decimal paid) =>
        Statement.FromBytes(Bytes(sample, "statement.json")).Transfers.Single(t => t.Party == "ACO01").Amount.ShouldBe(paid);

    [Theory]
    [InlineData("northumbria"), InlineData("symmetric-alliance")]
    public async Task The_bodies_are_taken_over_http_and_the_replay_gives_the_committed_bytes(string sample)
    {
        await new AgreementScenario(app).RegisterAsync();
        var client = app.ClientFor("demo-commissioner");
        var bodies = JsonNode.Parse(Bytes(sample, "agreement.json"))!;
        var created = await client.PostAsync("/v1/contracts/agreements", bodies["agreement"]!, 201);
        var riskShare = bodies["riskShare"]!;
        riskShare["agreementId"] = created.GetProperty("id").GetString();
        (await client.PostAsync("/v1/contracts/risk-shares", riskShare, 201)).GetProperty("terms").GetProperty("preset").GetString().ShouldBe(sample);

        using var response = await client.PostAsync("/v1/contracts/settlements/replay",
            new StringContent(Encoding.UTF8.GetString(Bytes(sample, "pack.json")), Encoding.UTF8, "application/json"));
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(Bytes(sample, "statement.json"));
    }

    private static (CreateAgreement.Request Agreement, CreateRiskShare.Request RiskShare) Agreement(string sample)
    {
        var bodies = JsonDocument.Parse(Bytes(sample, "agreement.json")).RootElement;
        return (bodies.GetProperty("agreement").Deserialize<CreateAgreement.Request>(SharedJson.Wire)!,
            bodies.GetProperty("riskShare").Deserialize<CreateRiskShare.Request>(SharedJson.Wire)!);
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
