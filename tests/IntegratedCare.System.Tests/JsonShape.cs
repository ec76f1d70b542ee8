using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IntegratedCare.System.Tests;

/// <summary>Holds a JSON value against a schema of the OpenAPI document: as much of JSON Schema as the document uses.</summary>
internal static class JsonShape
{
    private static readonly HashSet<string> Known =
    [
        "type", "enum", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "minLength", "maxLength", "pattern", "format",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "oneOf", "anyOf", "$ref", "description", "title", "default", "examples",
    ];

    /// <summary>What is wrong, each with its JSON pointer.</summary>
    public static List<string> Faults(JsonObject document, JsonObject schema, JsonNode? value, string at = "")
    {
        if (schema["$ref"]?.GetValue<string>() is { } reference)
            return Faults(document, reference.Split('/')[1..].Aggregate((JsonNode)document, (node, part) => node[part]!).AsObject(), value, at);
        if ((schema["oneOf"] ?? schema["anyOf"]) is JsonArray choices)
        {
            var each = choices.Select(c => Faults(document, c!.AsObject(), value, at)).ToList();
            return each.Any(f => f.Count == 0) ? [] : each[^1];
        }

        var faults = new List<string>();
        void Fault(bool wrong, string what)
        {
            if (wrong)
                faults.Add($"{at} {what}");
        }

        Fault(schema.Any(k => !Known.Contains(k.Key)),
            $"has a schema with words this test does not know: {string.Join(", ", schema.Select(k => k.Key).Except(Known))}");
        var types = ApiOperation.Types(schema);
        var kind = value?.GetValueKind() ?? JsonValueKind.Null;
        if (types.Count > 0 && !types.Any(t => kind switch
        {
            JsonValueKind.Null => t == "null",
            JsonValueKind.Object => t == "object",
            JsonValueKind.Array => t == "array",
            JsonValueKind.String => t == "string",
            JsonValueKind.Number => t == "number" || (t == "integer" && value!.GetValue<decimal>() % 1 == 0),
            _ => t == "boolean",
        }))
        {
            Fault(true, $"is of another type than {string.Join(" or ", types)}");
            return faults;
        }

        Fault(schema["enum"] is JsonArray values && !values.Any(v => JsonNode.DeepEquals(v, value)), $"is none of {schema["enum"]?.ToJsonString()}");
        switch (value)
        {
            case JsonObject members:
                foreach (var name in schema["required"]?.AsArray().Select(r => r!.GetValue<string>()) ?? [])
                {
                    if (!members.ContainsKey(name))
                        faults.Add($"{at}/{name} is missing");
                }

                foreach (var (name, member) in members)
                {
                    if (schema["properties"]?[name] is JsonObject known)
                        faults.AddRange(Faults(document, known, member, $"{at}/{name}"));
                    else if (schema["additionalProperties"]?.GetValueKind() == JsonValueKind.False)
                        faults.Add($"{at}/{name} is not known");
                }

                break;
            case JsonArray items:
                Fault(items.Count < (schema["minItems"]?.GetValue<int>() ?? 0) || items.Count > (schema["maxItems"]?.GetValue<int>() ?? int.MaxValue),
                    "has too few or too many items");
                foreach (var (i, item) in items.Index())
                    faults.AddRange(schema["items"] is JsonObject one ? Faults(document, one, item, $"{at}/{i}") : []);
                break;
            case not null when kind == JsonValueKind.String:
                var text = value.GetValue<string>();
                Fault(text.Length < (schema["minLength"]?.GetValue<int>() ?? 0) || text.Length > (schema["maxLength"]?.GetValue<int>() ?? int.MaxValue),
                    "is too short or too long");
                Fault(schema["pattern"]?.GetValue<string>() is { } pattern && !Regex.IsMatch(text, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)),
                    "does not match its pattern");
                var format = schema["format"]?.GetValue<string>();
                Fault(format switch
                {
                    "date" => !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
                    "date-time" => !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
                    "uuid" => !Guid.TryParseExact(text, "D", out _),
                    _ => false,
                }, $"is no {format}");
                break;
            case not null when kind == JsonValueKind.Number:
                var number = value.GetValue<decimal>();
                decimal? Limit(string name) => schema[name]?.GetValue<decimal>();
                Fault(number < Limit("minimum") || number > Limit("maximum") || number <= Limit("exclusiveMinimum") || number >= Limit("exclusiveMaximum"),
                    "is out of range");
                break;
        }

        return faults;
    }
}
