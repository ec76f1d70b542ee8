using System.Text.Json;
using CsCheck;
using IntegratedCare.Shared.Events;

namespace IntegratedCare.Shared.Tests.Events;

public class RepeatedTextTests
{
    private sealed record Holder([property: RepeatedText] string? Text);

    /// <summary>Few letters, so that values meet in the table; and whatever else text may hold.</summary>
    [Fact]
    public void Text_is_read_as_it_was_written() =>
        Gen.OneOf(Gen.String[Gen.Char["ab"], 0, 40], Gen.String, Gen.String[Gen.Char["aé\"\\\u0000€"], 0, 12]).Where(IsText).Sample(text =>
            JsonSerializer.Deserialize<Holder>(JsonSerializer.SerializeToUtf8Bytes(new Holder(text), SharedJson.Storage), SharedJson.Storage)!.Text == text,
            iter: 50_000);

    [Fact]
    public void Equal_codes_are_one_string()
    {
        Read("""{"text":"Y99001"}""").ShouldBeSameAs(Read("""{"text":"Y99001"}"""));
        Read("""{"text":"Y99002"}""").ShouldBe("Y99002");
        Read("""{"text":null}""").ShouldBeNull();
        Read("{}").ShouldBeNull();
        Should.Throw<JsonException>(() => Read("""{"text":7}"""));
    }

    private static string? Read(string json) => JsonSerializer.Deserialize<Holder>(json, SharedJson.Storage)!.Text;

    /// <summary>A lone surrogate is no text, and is not written as it is.</summary>
    private static bool IsText(string text) => text.EnumerateRunes().All(r => r.Value != 0xFFFD);
}
