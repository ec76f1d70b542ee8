using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Population.Intake;
using IntegratedCare.Shared;

namespace IntegratedCare.Population.Tests.Intake;

/// <summary>What CloudEvents 1.0.2, its JSON format and RFC 3339 allow is taken, and nothing else.</summary>
public sealed class CloudEventTests
{
    [Theory]
    [InlineData("time", "\"2026-03-05T12:00:00Z\"")]
    [InlineData("time", "\"2026-03-05t12:00:00z\"")]
    [InlineData("time", "\"2026-03-05T12:00:00.123456789+01:00\"")]
    [InlineData("time", "\"2016-12-31T23:59:60Z\"")]
    [InlineData("time", "\"2017-01-01T00:59:60+01:00\"")]
    [InlineData("time", "null")]
    [InlineData("datacontenttype", "null")]
    [InlineData("datacontenttype", "\"application/json\"")]
    [InlineData("datacontenttype", "\"application/json; charset=utf-8\"")]
    [InlineData("datacontenttype", "\"Application/JSON;charset=\\\"UTF-8\\\"\"")]
    [InlineData("dataschema", "null")]
    [InlineData("dataschema", "\"https://example.org/spell.json\"")]
    [InlineData("traceparent", "\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"")]
    [InlineData("sampledrate", "7")]
    [InlineData("replayed", "false")]
    [InlineData("anything", "null")]
    [InlineData("data_base64", "null")]
    public void What_is_valid_is_taken(string member, string value) => Faults(member, value).ShouldBeEmpty();

    [Theory]
    [InlineData("time", "\"2026-03-05T12:00Z\"")]
    [InlineData("time", "\"2026-03-05T12:00:00+05\"")]
    [InlineData("time", "\"2026-03-05T12:00:00\"")]
    [InlineData("time", "\"2026-03-05 12:00:00Z\"")]
    [InlineData("time", "\"2026-03-05T12:00:60Z\"")]
    [InlineData("time", "\"2026-02-30T12:00:00Z\"")]
    [InlineData("time", "\"9999-12-31T23:59:60Z\"")]
    [InlineData("time", "\"9999-12-31T23:59:60.5Z\"")]
    [InlineData("time", "\"\"")]
    [InlineData("time", "1772712000")]
    [InlineData("datacontenttype", "\"application/xml\"")]
    [InlineData("datacontenttype", "\"application/json; charset=latin1\"")]
    [InlineData("datacontenttype", "\"\"")]
    [InlineData("dataschema", "\"\"")]
    [InlineData("dataschema", "7")]
    [InlineData("dataschema", "\"spell.json\"")]
    [InlineData("traceParent", "\"x\"")]
    [InlineData("trace-parent", "\"x\"")]
    [InlineData("rate", "0.5")]
    [InlineData("rate", "4294967296")]
    [InlineData("list", "[1]")]
    [InlineData("nested", "{}")]
    [InlineData("data_base64", "\"e30=\"")]
    public void What_is_invalid_is_refused_where_it_is(string member, string value) => Faults(member, value).ShouldBe([$"/{member}"]);

    /// <summary>The same rules hold for the instants in data.</summary>
    [Theory]
    [InlineData("2026-03-01t10:00:00z", true)]
    [InlineData("2026-03-01T10:00:00+00:00", true)]
    [InlineData("2026-03-01T10:00Z", false)]
    [InlineData("2026-03-01T10:00:00+05", false)]
    public void Instants_in_data_are_read_by_the_same_rules(string admitted, bool taken)
    {
        var spell = Spell();
        spell["data"]!["admitted"] = admitted;
        Faults(spell).ShouldBe(taken ? [] : ["/data/admitted"]);
    }

    private static List<string> Faults(string member, string value)
    {
        var spell = Spell();
        spell[member] = JsonNode.Parse(value);
        return Faults(spell);
    }

    private static List<string> Faults(JsonObject spell)
    {
        using var json = JsonDocument.Parse(spell.ToJsonString());
        return [.. (CareEventReader.Read(json.RootElement, _ => true, new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero)).Problem?.Errors ?? [])
            .Select(e => e.Pointer)];
    }

    private static JsonObject Spell() =>
        JsonSerializer.SerializeToNode(PopulationScene.Spell("ce-1", "9434765919", "ce-record"), SharedJson.Wire)!.AsObject();
}
