using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IntegratedCare.Host.OpenApi;

/// <summary>
/// Single schemas of the OpenAPI document as JSON Schema files, for editors of terms and packs. OpenAPI
/// 3.1 schemas are JSON Schema 2020-12: what a schema refers to is gathered under <c>$defs</c>, and nothing else changes.
/// </summary>
internal static class JsonSchemas
{
    private const string Components = "#/components/schemas/";
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <summary>File, name of the component and title.</summary>
    public static readonly (string File, string Name, string Title)[] All =
    [
        ("risk-share-terms.schema.json", "TermsDraft", "Terms of a risk-share"),
        ("settlement-pack.schema.json", "PackDraft", "Settlement pack"),
    ];

    public static string Of(string document, string name, string title)
    {
        var components = JsonNode.Parse(document)!["components"]!["schemas"]!.AsObject();
        var schema = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = title };
        foreach (var (member, value) in components[name]!.DeepClone().AsObject().ToList())
            schema[member] = value?.DeepClone();
        var definitions = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        Gather(schema);
        schema["$defs"] = new JsonObject(definitions.Select(d => KeyValuePair.Create(d.Key, (JsonNode?)d.Value)));
        return schema.ToJsonString(Indented) + "\n";

        void Gather(JsonNode? node)
        {
            if (node is JsonArray array)
            {
                foreach (var item in array)
                    Gather(item);
            }

            if (node is not JsonObject owner)
                return;
            foreach (var (member, value) in owner.ToList())
            {
                if (member == "$ref" && value!.GetValue<string>() is var target && target.StartsWith(Components, StringComparison.Ordinal))
                {
                    var part = target[Components.Length..];
                    owner[member] = $"#/$defs/{part}";
                    if (!definitions.ContainsKey(part))
                        Gather(definitions[part] = components[part]!.DeepClone());
                }
                else
                {
                    Gather(value);
                }
            }
        }
    }
}
