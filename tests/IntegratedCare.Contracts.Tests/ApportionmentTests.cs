using CsCheck;

namespace IntegratedCare.Contracts.Tests;

public class ApportionmentTests
{
    private const int Cases = 10_000;

    [Fact]
    public void The_paradox_of_largest_remainder_does_not_happen()
    {
        // 43, 43 and 14 %: of 10 pence the third has a remainder of 0.4 against 0.3, of 11 pence 0.54 against 0.73.
        decimal[] weights = [0.43m, 0.43m, 0.14m];
        LargestRemainder(0.10m, weights).ShouldBe([0.04m, 0.04m, 0.02m]);
        LargestRemainder(0.11m, weights).ShouldBe([0.05m, 0.05m, 0.01m]);
        Apportionment.Split(0.10m, weights, 2).ShouldBe([0.05m, 0.04m, 0.01m]);
        Apportionment.Split(0.11m, weights, 2).ShouldBe([0.05m, 0.05m, 0.01m]);
        Apportionment.Split(0.12m, weights, 2).ShouldBe([0.05m, 0.05m, 0.02m]);
    }

    [Fact]
    public void What_cannot_be_split_goes_by_order_of_equals()
    {
        Apportionment.Split(100.00m, [0.333333m, 0.333333m, 0.333334m], 2).ShouldBe([33.33m, 33.33m, 33.34m]);
        Apportionment.Split(0.01m, [0.5m, 0.5m], 2).ShouldBe([0.01m, 0.00m]);
        Apportionment.Split(0.03m, [1, 1], 2).ShouldBe([0.02m, 0.01m]);
        Apportionment.Split(8, [1, 1, 1, 0, 1, 1], 0).ShouldBe([2, 2, 2, 0, 1, 1]);
        Apportionment.Split(0, [1, 2], 2).ShouldBe([0.00m, 0.00m]);
    }

    [Fact]
    public void Units_go_out_one_by_one_to_the_least_ratio()
    {
        // The definition, worked unit by unit from nothing; short amounts, so that every correction of the short cut is met.
        Weights(2, 9).Sample(weights =>
        {
            var parts = new decimal[weights.Length];
            for (var amount = 0; amount <= 60; amount++)
            {
                if (!Apportionment.Split(amount, weights, 0).SequenceEqual(parts))
                {
                    Assert.Fail($"{amount} by {string.Join(", ", weights)}: {string.Join(", ", Apportionment.Split(amount, weights, 0))}, not "
                        + $"{string.Join(", ", parts)}");
                }

                var next = 0;
                for (var i = 0; i < weights.Length; i++)
                {
                    if (weights[i] > 0 && (weights[next] == 0 || (parts[i] + 0.5m) * weights[next] < (parts[next] + 0.5m) * weights[i]))
                        next = i;
                }

                parts[next]++;
            }
        }, iter: 500);
    }

    [Fact]
    public void Parts_sum_exactly_are_never_negative_and_none_falls_when_the_amount_rises()
    {
        var units = Gen.OneOf<long>(Gen.Long[0, 999], Gen.Long[0, 99_999_999_999_999]);
        // Mostly the least step there is.
        var steps = Gen.Int[1, 999_999].Array[3];
        Gen.Select(Weights(1, 13), Gen.OneOf(0, 2), units, steps).Sample((weights, places, start, jumps) =>
        {
            var unit = places == 0 ? 1m : 0.01m;
            var amount = start * unit;
            var before = Apportionment.Split(amount, weights, places);
            for (var step = 0; step < 10; step++)
            {
                if (before.Sum() != amount || before.Any(p => p < 0 || p % unit != 0) || weights.Zip(before).Any(w => w.First == 0 && w.Second != 0))
                    Assert.Fail($"{amount} by {string.Join(", ", weights)}: {string.Join(", ", before)}");
                amount += unit * (step % 3 == 2 ? jumps[step / 3] : 1);
                var after = Apportionment.Split(amount, weights, places);
                if (before.Zip(after).Any(p => p.Second < p.First))
                    Assert.Fail($"{amount} by {string.Join(", ", weights)}: {string.Join(", ", before)} becomes {string.Join(", ", after)}");
                before = after;
            }
        }, iter: Cases);
    }

    [Fact]
    public void What_divides_evenly_is_divided_exactly()
    {
        Gen.Select(Gen.Int[0, 999].Array[1, 8], Gen.Int[1, 999], Gen.Int[1, 999_999]).Sample((others, last, pence) =>
        {
            decimal[] weights = [.. others, last];
            var times = pence * 0.01m;
            Apportionment.Split(weights.Sum() * times, weights, 2).SequenceEqual(weights.Select(w => w * times)).ShouldBeTrue();
        }, iter: Cases);
    }

    [Fact]
    public void Two_parties_and_equal_weights_get_what_largest_remainder_gives()
    {
        var pence = Gen.OneOf<long>(Gen.Long[0, 99], Gen.Long[0, 99_999_999_999]);
        var firsts = Gen.Frequency<int>((1, Gen.Const(500_000)), (4, Gen.Int[0, 1_000_000]));
        Gen.Select(pence, firsts, Gen.Int[1, 99]).Sample((hundredths, millionths, parties) =>
        {
            var (amount, first) = (hundredths * 0.01m, millionths / 1_000_000m);
            decimal[] two = [first, 1 - first];
            decimal[] equal = [.. Enumerable.Repeat(1m, parties)];
            if (!Apportionment.Split(amount, two, 2).SequenceEqual(LargestRemainder(amount, two)))
                Assert.Fail($"{amount} by {first} and the rest");
            if (!Apportionment.Split(amount, equal, 2).SequenceEqual(LargestRemainder(amount, equal)))
                Assert.Fail($"{amount} by {equal.Length} equal weights");
        }, iter: Cases);
    }

    [Fact]
    public void Figures_beyond_its_reach_overflow_and_are_never_wrong() =>
        Should.Throw<OverflowException>(() => Apportionment.Split(1_000_000_000_000_000_000_000m, [1_000_000_000_000m, 1], 2));

    /// <summary>Of <paramref name="least"/> to below <paramref name="below"/> parties: fractions of one, or few and small numbers, for many equals.</summary>
    private static Drawn<decimal[]> Weights(int least, int below) => new(draw =>
    {
        var count = draw.Int(least, below);
        if (draw.Chance(2))
            return draw.Fractions(count);
        decimal[] weights = [.. Enumerable.Range(0, count).Select(_ => (decimal)draw.Int(6))];
        weights[draw.Int(count)] = 3;
        return weights;
    });

    private static decimal[] LargestRemainder(decimal amount, decimal[] weights)
    {
        var units = amount * 100;
        // In whole numbers, so that equal remainders are equal.
        var sizes = Array.ConvertAll(weights, w => new System.Numerics.BigInteger(w * 1_000_000));
        var total = sizes.Aggregate((a, b) => a + b);
        var parts = Array.ConvertAll(sizes, s => s * (long)units / total);
        var left = (int)((long)units - parts.Aggregate((a, b) => a + b));
        foreach (var i in Enumerable.Range(0, weights.Length).OrderByDescending(i => sizes[i] * (long)units % total).ThenBy(i => i).Take(left))
            parts[i]++;
        return Array.ConvertAll(parts, p => (decimal)p / 100);
    }
}
