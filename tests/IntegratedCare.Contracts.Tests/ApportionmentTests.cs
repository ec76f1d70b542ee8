using IntegratedCare.Contracts.Tests.Settlements.Engine;

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
        var random = new Random(1);
        for (var n = 0; n < 500; n++)
        {
            var weights = Weights(random, random.Next(2, 9));
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
        }
    }

    [Fact]
    public void Parts_sum_exactly_are_never_negative_and_none_falls_when_the_amount_rises()
    {
        var random = new Random(2);
        for (var n = 0; n < Cases; n++)
        {
            var (weights, places) = (Weights(random, random.Next(1, 13)), random.Next(2) * 2);
            var unit = places == 0 ? 1m : 0.01m;
            var amount = random.NextInt64(0, random.Next(2) == 0 ? 1_000 : 100_000_000_000_000) * unit;
            var before = Apportionment.Split(amount, weights, places);
            for (var step = 0; step < 10; step++)
            {
                if (before.Sum() != amount || before.Any(p => p < 0 || p % unit != 0) || weights.Zip(before).Any(w => w.First == 0 && w.Second != 0))
                    Assert.Fail($"{amount} by {string.Join(", ", weights)}: {string.Join(", ", before)}");
                amount += unit * (step % 3 == 2 ? random.Next(1, 1_000_000) : 1);
                var after = Apportionment.Split(amount, weights, places);
                if (before.Zip(after).Any(p => p.Second < p.First))
                    Assert.Fail($"{amount} by {string.Join(", ", weights)}: {string.Join(", ", before)} becomes {string.Join(", ", after)}");
                before = after;
            }
        }
    }

    [Fact]
    public void What_divides_evenly_is_divided_exactly()
    {
        var random = new Random(3);
        for (var n = 0; n < Cases; n++)
        {
            decimal[] weights = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => (decimal)random.Next(0, 1_000)), random.Next(1, 1_000)];
            var times = random.Next(1, 1_000_000) * 0.01m;
            Apportionment.Split(weights.Sum() * times, weights, 2).SequenceEqual(weights.Select(w => w * times)).ShouldBeTrue();
        }
    }

    [Fact]
    public void Two_parties_and_equal_weights_get_what_largest_remainder_gives()
    {
        var random = new Random(4);
        for (var n = 0; n < Cases; n++)
        {
            var amount = random.NextInt64(0, random.Next(2) == 0 ? 100 : 100_000_000_000) * 0.01m;
            var first = random.Next(5) == 0 ? 0.5m : random.Next(0, 1_000_001) / 1_000_000m;
            decimal[] two = [first, 1 - first];
            decimal[] equal = [.. Enumerable.Repeat(1m, random.Next(1, 100))];
            if (!Apportionment.Split(amount, two, 2).SequenceEqual(LargestRemainder(amount, two)))
                Assert.Fail($"{amount} by {first} and the rest");
            if (!Apportionment.Split(amount, equal, 2).SequenceEqual(LargestRemainder(amount, equal)))
                Assert.Fail($"{amount} by {equal.Length} equal weights");
        }
    }

    [Fact]
    public void Figures_beyond_its_reach_overflow_and_are_never_wrong() =>
        Should.Throw<OverflowException>(() => Apportionment.Split(1_000_000_000_000_000_000_000m, [1_000_000_000_000m, 1], 2));

    private static decimal[] Weights(Random random, int count)
    {
        if (random.Next(2) == 0)
            return RandomPacks.Fractions(random, count);
        // Few and small, so that there are many equals.
        decimal[] weights = [.. Enumerable.Range(0, count).Select(_ => (decimal)random.Next(0, 6))];
        weights[random.Next(count)] = 3;
        return weights;
    }

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
