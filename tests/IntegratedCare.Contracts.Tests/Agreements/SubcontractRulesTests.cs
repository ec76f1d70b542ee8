using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Tests.Agreements;

public sealed class SubcontractRulesTests
{
    [Fact]
    public void A_head_that_marks_no_prime_provider_has_no_subcontracts()
    {
        var head = Agreement(StructureRules.PrimeProvider, false, "99A", "RZ1");
        var sub = Agreement(StructureRules.Bilateral, false, "RZ1", "RZ3");
        Should.Throw<RuleViolation>(() => SubcontractRules.Check(sub, sub.Versions[0].Terms, [head])).Message.ShouldContain("none of its providers");
        SubcontractRules.Check(sub, sub.Versions[0].Terms, [Agreement(StructureRules.PrimeProvider, true, "99A", "RZ1")]);
    }

    [Fact]
    public void A_chain_of_more_than_ten_heads_is_refused()
    {
        var sub = Agreement(StructureRules.Bilateral, false, "RZ1", "RZ3");
        var heads = Enumerable.Range(0, SubcontractRules.MostHeads + 1).Select(_ => Agreement(StructureRules.PrimeProvider, true, "99A", "RZ1")).ToList();
        Should.Throw<RuleViolation>(() => SubcontractRules.Check(sub, sub.Versions[0].Terms, heads)).Message.ShouldContain("at most 10");
        SubcontractRules.Check(sub, sub.Versions[0].Terms, heads[1..]);
    }

    private static Agreement Agreement(string structure, bool prime, string commissioner, string provider) => new(
        new AgreementDocument("Care", "block", structure, "N01", null, ["nursing"],
        [
            new AgreementParty(commissioner, "commissioner", new Signatory("A B", "chief")),
            new AgreementParty(provider, "provider", new Signatory("C D", "chief"), Prime: prime),
        ], []),
        new DateOnly(2026, 4, 1), new DateOnly(2031, 3, 31));
}
