using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IntegratedCare.System.Tests;

/// <summary>The register of claims (ADR 0017) against the OpenAPI document: nobody names an organisation, a person or a place unnoticed.</summary>
public sealed partial class ClaimTests
{
    /// <summary>Words in a member's name by which it may name somebody, or something that belongs to somebody.</summary>
    private static readonly HashSet<string> Naming = new(StringComparer.OrdinalIgnoreCase)
    {
        "organisation", "host", "partner", "partners", "party", "parties", "practice", "practices", "provider", "providers", "source", "person", "subject",
        "place", "locality", "system", "area", "signatory", "signatories", "prime", "payer", "successor", "parent", "council", "site", "fund",
        "registration", "registered", "owner", "by", "client", "population", "attendance", "nhs", "org", "user", "head",
    };

    private static readonly string Register = File.ReadAllText(Directory.GetFiles(Path.Combine(Repository.Root, "docs", "adr"), "0017-*.md").Single());

    [Fact]
    public void Every_member_that_names_somebody_is_in_the_register_with_its_operations()
    {
        var found = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        var document = ApiOperation.Exported.Value;
        foreach (var operation in ApiOperation.All(document))
        {
            foreach (var parameter in operation.Node["parameters"]?.AsArray() ?? [])
            {
                var resolved = Resolve(parameter!.AsObject());
                if (resolved["in"]!.GetValue<string>() != "header")
                    Look(resolved["schema"]!.AsObject(), resolved["name"]!.GetValue<string>(), operation.Id, []);
            }

            foreach (var (_, content) in operation.Node["requestBody"]?["content"]?.AsObject() ?? [])
                Look(content!["schema"]!.AsObject(), null, operation.Id, []);
        }

        var register = Row().Matches(Register)
            .ToDictionary(m => m.Groups["member"].Value, m => (Operations: m.Groups["operations"].Value, m.Groups["who"].Value));
        found.Count.ShouldBeGreaterThan(35);
        register.ToDictionary(r => r.Key, r => r.Value.Operations).ShouldBe(found.ToDictionary(f => f.Key, f => string.Join(", ", f.Value)), ignoreOrder: true);
        register.Values.ShouldAllBe(r => r.Value.Length > 5);

        void Look(JsonObject schema, string? name, string operation, HashSet<string> within)
        {
            if (schema["$ref"]?.GetValue<string>() is { } reference && !(within = [.. within]).Add(reference))
                return;
            schema = Resolve(schema);
            if (name is not null && (Words().Matches(name).Any(w => Naming.Contains(w.Value)) && Textual(schema) || IsCode(schema)))
                (found.TryGetValue(name, out var operations) ? operations : found[name] = new(StringComparer.Ordinal)).Add(operation);
            foreach (var part in new[] { "oneOf", "anyOf", "allOf" }.SelectMany(p => schema[p]?.AsArray() ?? []))
                Look(part!.AsObject(), IsCode(Resolve(part.AsObject())) ? name : null, operation, within);
            if (schema["items"] is JsonObject items)
                Look(items, IsCode(Resolve(items)) ? name : null, operation, within);
            if (schema["additionalProperties"] is JsonObject values)
                Look(values, null, operation, within);
            foreach (var (member, value) in schema["properties"]?.AsObject() ?? [])
                Look(value!.AsObject(), member, operation, within);
        }

        JsonObject Resolve(JsonObject node) => node["$ref"]?.GetValue<string>() is { } reference
            ? Resolve(reference.Split('/').Skip(1).Aggregate((JsonNode)document, (at, step) => at[step]!).AsObject())
            : node;

        bool IsCode(JsonObject schema) => schema["pattern"]?.GetValue<string>() == "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

        // Numbers name nobody.
        bool Textual(JsonObject schema)
        {
            var types = Types(schema).Where(t => t != "null").ToList();
            return types.Count == 0 || types.Any(t => t is not ("number" or "integer" or "boolean"));
        }

        IEnumerable<string> Types(JsonObject schema) => (schema["type"] switch
        {
            JsonArray several => several.Select(t => t!.GetValue<string>()),
            JsonValue one => [one.GetValue<string>()],
            _ => [],
        }).Concat(new[] { "oneOf", "anyOf", "allOf" }.SelectMany(p => schema[p]?.AsArray() ?? []).SelectMany(s => Types(Resolve(s!.AsObject()))));
    }

    [Fact]
    public void Every_claim_names_a_test_that_there_is()
    {
        var classes = Directory.GetFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Select(f => Path.GetFileNameWithoutExtension(f)).ToHashSet();
        var named = Test().Matches(Register).Select(m => m.Groups["test"].Value).Distinct().ToList();
        named.Count.ShouldBeGreaterThan(5);
        named.ShouldBeSubsetOf(classes);
    }

    [GeneratedRegex(@"^\| `(?<member>[A-Za-z_]+)` \| (?<operations>[A-Za-z, ]+) \| (?<who>.+) \|\r?$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+", RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    [GeneratedRegex("`(?<test>[A-Za-z]+Tests)`", RegexOptions.NonBacktracking)]
    private static partial Regex Test();
}
