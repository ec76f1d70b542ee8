using CsCheck;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Tests.Settlements.Engine;

namespace IntegratedCare.Contracts.Tests.Agreements;

public sealed class WithdrawalTests
{
    private static readonly string[] Codes = ["99A", "E06000991", "RZ1", "RZ2", "RZ3", "VOL01"];

    [Fact]
    public void What_stays_always_sums_to_one_is_never_negative_and_keeps_its_order()
    {
        var withdrawals =
            from count in Gen.Int[3, Codes.Length]
            from gains in Fractions(count)
            from losses in Fractions(count)
            from leaver in Gen.Int[1, count - 1]
            from rule in Gen.OneOf(Withdrawal.ProRata, Withdrawal.ToPayer)
            select (Codes[..count], gains, losses, Codes[leaver], rule);
        withdrawals.Sample((parties, gains, losses, leaver, rule) =>
        {
            var terms = Terms(parties, gains, losses);
            var after = Withdrawal.Without(terms, leaver, rule)!;
            after.Shares.Select(s => s.Party).ShouldBe(parties.Where(p => p != leaver).Order(StringComparer.Ordinal));
            after.Shares.Sum(s => s.Gain).ShouldBe(1);
            after.Shares.Sum(s => s.Loss).ShouldBe(1);
            foreach (var share in after.Shares)
            {
                var before = terms.Shares.Single(s => s.Party == share.Party);
                share.Gain.ShouldBeGreaterThanOrEqualTo(before.Gain);
                share.Loss.ShouldBeGreaterThanOrEqualTo(before.Loss);
                if (rule == Withdrawal.ToPayer && share.Party != terms.Payer && before.Gain + before.Loss > 0)
                    (share.Gain, share.Loss).ShouldBe((before.Gain, before.Loss));
            }
        }, iter: 10_000);
    }

    [Fact]
    public void Where_only_the_leaver_had_a_share_the_payer_takes_it() =>
        Withdrawal.Without(Terms(["99A", "RZ1", "RZ2"], [0, 1, 0], [0.5m, 0.5m, 0]), "RZ1", Withdrawal.ProRata)!
            .Shares.Select(s => (s.Party, s.Gain, s.Loss)).ShouldBe([("99A", 1m, 1m), ("RZ2", 0m, 0m)]);

    [Fact]
    public void A_division_that_finds_the_shares_itself_divides_among_those_that_stay()
    {
        var equal = Terms(["99A", "RZ1", "RZ2", "RZ3"], [0, 0, 0, 0], [0, 0, 0, 0]) with { Division = new DivisionTerms(DivisionTerms.Equal, 0) };
        Withdrawal.Without(equal, "RZ2", Withdrawal.ToPayer)!.Shares
            .Select(s => (s.Party, s.Gain, s.Loss)).ShouldBe([("99A", 0m, 0m), ("RZ1", 0m, 0m), ("RZ3", 0m, 0m)]);
    }

    [Fact]
    public void Without_the_payer_nothing_is_left() =>
        Withdrawal.Without(Terms(["99A", "RZ1", "RZ2"], [0.5m, 0.5m, 0], [0.5m, 0.5m, 0]), "99A", Withdrawal.ProRata).ShouldBeNull();

    private static Gen<decimal[]> Fractions(int count) => Gen.Int[0, 1_000_000].Array[count - 1].Select(drawn =>
    {
        int[] cuts = [0, .. drawn.Order(), 1_000_000];
        return cuts.Zip(cuts.Skip(1), (a, b) => (b - a) / 1_000_000m).ToArray();
    });

    private static RiskShareTerms Terms(string[] parties, decimal[] gains, decimal[] losses) =>
        RiskShareEngineTests.Terms(1500, 2000, 800, 0, 0, 0.05m, -0.05m, [.. parties.Select((p, i) => (p, gains[i], losses[i]))]).Normalised();
}
