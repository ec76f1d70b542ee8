using System.Numerics;
using CsCheck;

namespace IntegratedCare.Contracts.Tests;

/// <summary>
/// Cases whose parts depend on one another, written as a method that draws part after part. A failing case is shrunk to one with fewer and
/// smaller parts, as with any <see cref="Gen{T}"/>.
/// </summary>
internal sealed class Drawn<T>(Func<Draw, T> make) : Gen<T>
{
    public override T Generate(PCG pcg, Size? min, out Size size)
    {
        var draw = new Draw(pcg);
        var made = make(draw);
        size = draw.Size;
        return made;
    }

    /// <summary>The same cases every time, for what is not a property of one case.</summary>
    public IEnumerable<T> Seeded(uint seed)
    {
        for (var pcg = new PCG(seed, seed); ;)
            yield return Generate(pcg, null, out _);
    }
}

internal sealed class Draw(PCG pcg)
{
    /// <summary>The parts' sizes in bits, so that a further clause weighs about as much as a larger amount.</summary>
    public Size Size { get; } = new(0);

    public T From<T>(Gen<T> part)
    {
        var value = part.Generate(pcg, null, out var size);
        Size.Add(new Size((ulong)BitOperations.Log2(size.I + 1)));
        return value;
    }

    /// <summary>From 0 to below <paramref name="below"/>.</summary>
    public int Int(int below) => Int(0, below);

    /// <summary>From <paramref name="least"/> to below <paramref name="below"/>.</summary>
    public int Int(int least, int below) => From(Gen.Int[least, below - 1]);

    /// <summary>From <paramref name="least"/> to below <paramref name="below"/>, in units of the last of <paramref name="places"/>.</summary>
    public decimal Decimal(long least, long below, int places, int? rounded = null) =>
        decimal.Round(From(Gen.Long[least, below - 1]) / (decimal)Math.Pow(10, places), rounded ?? places);

    /// <summary>From 0 to 1.</summary>
    public decimal Rate() => Decimal(0, 1_000_001, 6);

    /// <summary>True once in so many; false is the smaller case.</summary>
    public bool Chance(int one) => Int(one) == one - 1;

    /// <summary>The first is the smallest case.</summary>
    public T OneOf<T>(params T[] items) => items[Int(items.Length)];

    public T[] Shuffle<T>(T[] items) => From(Gen.Shuffle(items));

    /// <summary>Shares in millionths that add up to one, some of them nothing.</summary>
    public decimal[] Fractions(int count)
    {
        var left = 1_000_000;
        var fractions = new decimal[count];
        for (var i = 0; i < count - 1; i++)
        {
            var part = Chance(4) ? 0 : Int(left + 1);
            fractions[i] = part / 1_000_000m;
            left -= part;
        }

        fractions[^1] = left / 1_000_000m;
        return Shuffle(fractions);
    }
}
