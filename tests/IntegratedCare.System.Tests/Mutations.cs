using System.Globalization;
using System.Text.Json.Nodes;

namespace IntegratedCare.System.Tests;

/// <summary>A body that is accepted but for one member.</summary>
/// <param name="Status">The status it must have; null where any 4xx will do.</param>
/// <param name="Named">The pointer the problem must name, if it must.</param>
internal sealed record Mutation(string Kind, string Pointer, string Body, int? Status, string? Named)
{
    public string Name => $"{Kind} at {Pointer}";
}

/// <summary>Whole bodies with one member made wrong at a time, every member in every way that is wrong for its type.</summary>
internal static class Mutations
{
    /// <summary>Ten digits or nearly, and no NHS number.</summary>
    public static readonly string[] BadNhsNumbers = ["4857773456", "9434765918", "1234567890", "4010232138", "0000000000", "1111111111", "999999999",
        "943476591X", "94347659190", "９４３４７６５９１９", " 9434765919"];

    /// <summary>Stands in a text node for what no text node can hold.</summary>
    private const string HalfAPair = "(half a pair)";

    private const string UnknownMember = "an unknown member within";

    /// <summary>The ways a member is made wrong.</summary>
    public static readonly string[] Kinds =
    [
        "an object", "an array", "a text", "a number", "a truth value", "null", "left out", "a number beyond any range", "a number of 29 digits", "half of one",
            "a negative number",
        "nonsense", "U+0000", "half a surrogate pair", "100,000 characters", UnknownMember, .. BadNhsNumbers.Select(n => $"the NHS number {n}"),
            "somebody else's source",
    ];

    /// <summary>Where the example leaves out what a member is in, that is made from the schema.</summary>
    public static IEnumerable<Mutation> Of(ApiOperation any, CareWorld world) =>
        from each in any.Wholes(world)
        from member in each.Operation.Members(each.Whole)
        from wrong in Wrong(each.Operation, member)
        select Make(each.Operation, each.Whole, member, wrong);

    private static Mutation Make(ApiOperation operation, JsonObject whole, Member member, Way wrong)
    {
        var body = whole.DeepClone();
        var (made, at, within) = (false, (JsonNode)body, operation.Body!);
        foreach (var step in member.At[..^1])
        {
            within = operation.Resolve((at is JsonArray ? within["items"] : within["properties"]![step])!.AsObject());
            if (at is JsonArray list)
            {
                if (list.Count == 0)
                    list.Add(operation.Made(within));
                at = list[Index(step)]!;
            }
            else
            {
                made |= at[step] is null;
                at = (at[step] ??= operation.Made(within))!;
            }
        }

        var last = member.At[^1];
        if (wrong.Kind == UnknownMember)
        {
            JsonNode held;
            if (at is JsonArray among)
            {
                if (Index(last) == among.Count)
                    among.Add(operation.Made(member.Schema));
                held = among[Index(last)]!;
            }
            else
            {
                made |= at[last] is null;
                held = (at[last] ??= operation.Made(member.Schema))!;
            }

            held["notKnownHere"] = 1;
            return new(wrong.Kind, member.Pointer, body.ToJsonString(), 400, operation.HasExample && !made ? $"{member.Pointer}/notKnownHere" : null);
        }

        switch (at)
        {
            case JsonArray list when Index(last) < list.Count:
                list[Index(last)] = wrong.Value?.DeepClone();
                break;
            case JsonArray list:
                list.Add(wrong.Value?.DeepClone());
                break;
            case JsonObject members when wrong.Kind == "left out":
                members.Remove(last);
                break;
            default:
                at![last] = wrong.Value?.DeepClone();
                break;
        }

        // What the schema alone makes of the rest may itself be refused first.
        var certain = operation.HasExample && !made;
        var text = wrong.Kind is "U+0000" or "100,000 characters" or "half a surrogate pair"
            || wrong.Kind.StartsWith("the NHS number", StringComparison.Ordinal);
        var named = operation.HasExample && (wrong.OfAnotherType || (certain && text && wrong.Kind != "half a surrogate pair")
            || wrong.Kind == "somebody else's source");
        return new(wrong.Kind, member.Pointer, body.ToJsonString().Replace(HalfAPair, "\\ud800"), wrong.OfAnotherType || (certain && text) ? 400 : null, named
            ? member.Pointer : null);
    }

    private static int Index(string step) => int.Parse(step, CultureInfo.InvariantCulture);

    private static IEnumerable<Way> Wrong(ApiOperation operation, Member member)
    {
        var (name, schema) = (member.At[^1], member.Schema);
        var types = ApiOperation.Types(schema);
        if (types.Count == 0)
            yield break;
        if (schema["properties"] is JsonObject { Count: > 0 })
            yield return new(UnknownMember, null, true);
        if (!types.Contains("object"))
            yield return new("an object", new JsonObject { ["a"] = 1 }, true);
        if (!types.Contains("array"))
            yield return new("an array", new JsonArray(1), true);
        if (!types.Contains("string"))
            yield return new("a text", "text", true);
        if (!types.Contains("integer") && !types.Contains("number"))
            yield return new("a number", 12345, true);
        if (!types.Contains("boolean"))
            yield return new("a truth value", true, true);
        if (!member.MayBeNull)
            yield return new("null", null, true);
        if (member.Required)
            yield return new("left out", null, true);
        if (types.Contains("integer") || types.Contains("number"))
        {
            yield return new("a number beyond any range", JsonNode.Parse("1e400"), false);
            yield return new("a number of 29 digits", JsonNode.Parse("12345678901234567890123456789"), false);
            if (!types.Contains("number"))
                yield return new("half of one", JsonNode.Parse("0.5"), true);
            // Any number is a seed of a simulation.
            if (operation.Id is not ("simulate" or "simulateOwn") || member.Pointer != "/seed")
                yield return new("a negative number", -1234567890123, false);
        }

        if (types.Contains("string"))
        {
            if (schema["enum"] is not null || schema["format"]?.GetValue<string>() is "date" or "date-time" or "uuid")
                yield return new("nonsense", "no-such-value", true);
            yield return new("U+0000", "a\0b", false);
            yield return new("half a surrogate pair", HalfAPair, false);
            yield return new("100,000 characters", new string('x', 100_000), false);
            if (name == "subject" || name.Contains("nhsNumber", StringComparison.OrdinalIgnoreCase))
            {
                foreach (var number in BadNhsNumbers)
                    yield return new($"the NHS number {number}", number, false);
            }

            if (name == "source")
                yield return new("somebody else's source", "urn:ods:ZZZ99", false);
        }
    }

    /// <param name="OfAnotherType">Whether its type is wrong, so that it is refused with the pointer whatever else there is.</param>
    private sealed record Way(string Kind, JsonNode? Value, bool OfAnotherType);
}
