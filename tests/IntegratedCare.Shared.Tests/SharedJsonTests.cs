using System.Text.Json;
using CsCheck;

namespace IntegratedCare.Shared.Tests;

public class SharedJsonTests
{
    /// <summary>Instants are read fast in their usual form: as the slow way reads them, and only what it reads.</summary>
    [Fact]
    public void An_instant_is_read_the_same_fast_and_slow()
    {
        var usual = Gen.Select(
            Gen.DateTime[new DateTime(1849, 1, 1), new DateTime(2101, 1, 1)], Gen.Int[0, 8],
            (at, digits) => at.ToString("yyyy-MM-dd'T'HH:mm:ss" + (digits == 0 ? "" : "." + new string('f', Math.Min(digits, 7)))) + "Z");
        var changed = Gen.Select(usual, Gen.Int[0, 27], Gen.Char["0123456789-:.TZ+ tz"],
            (text, at, c) => at < text.Length ? text[..at] + c + text[(at + 1)..] : text + c);
        Gen.OneOf(usual, changed).Sample(text =>
        {
            var known = Instants.TryParse(text, out var slow);
            try
            {
                return JsonSerializer.Deserialize<DateTimeOffset>($"\"{text}\"", SharedJson.Wire).EqualsExact(slow) && known;
            }
            catch (JsonException)
            {
                return !known;
            }
        }, iter: 20_000);
    }

    [Fact]
    public void An_instant_is_written_in_UTC_to_the_microsecond() =>
        Gen.Select(Gen.DateTimeOffset, Gen.Int[0, 7], (at, zeros) => at.AddTicks(-(at.Ticks % (long)Math.Pow(10, zeros)))).Sample(
            instant => JsonSerializer.Serialize(instant, SharedJson.Wire) == $"\"{Instants.Format(instant)}\"", iter: 20_000);
}
