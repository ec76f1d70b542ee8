using System.CommandLine;
using System.Text;
using IntegratedCare.Host.OpenApi;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace IntegratedCare.Host.Verbs;

/// <summary><c>export-openapi</c>: writes the OpenAPI document without opening a database.</summary>
internal static class ExportOpenApiVerb
{
    public static Command Command()
    {
        var output = new Option<string?>("--output") { Description = "The file to write. Without it, standard output." };
        var version = new Option<string>("--openapi-version")
        {
            Description = "3.1, or 3.0 for older generators.",
            DefaultValueFactory = _ => "3.1",
        };
        version.AcceptOnlyFromAmong("3.1", "3.0");
        var schemas = new Option<string?>("--json-schemas")
        {
            Description = "A folder to write the JSON Schemas of risk-share terms and settlement packs to, "
            + "instead of the document."
        };
        var command = new Command("export-openapi", "Write the OpenAPI document.") { output, version, schemas };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parse, ct) =>
        {
            if (parse.GetValue(schemas) is { Length: > 0 } folder)
            {
                var document = await TextAsync(ApiDocument.V31, ct);
                foreach (var (file, name, title) in JsonSchemas.All)
                    await File.WriteAllTextAsync(Path.Combine(folder, file), JsonSchemas.Of(document, name, title), new UTF8Encoding(false), ct);
                return 0;
            }

            var text = await TextAsync(parse.GetValue(version) == "3.0" ? ApiDocument.V30 : ApiDocument.V31, ct);
            if (parse.GetValue(output) is { Length: > 0 } path)
                await File.WriteAllTextAsync(path, text, new UTF8Encoding(false), ct);
            else
                await Console.Out.WriteAsync(text);
            return 0;
        });
        return command;
    }

    /// <summary>The document as text, exactly as it is committed.</summary>
    internal static async Task<string> TextAsync(string document, CancellationToken ct)
    {
        // Development, so that the demo issuer's token endpoint is included.
        await using var app = PlatformHost.Build(["--environment", "Development", "--Logging:LogLevel:Default=Warning"]);
#pragma warning disable ASP0014 // The endpoints are needed although the host is never started.
        app.UseEndpoints(_ => { });
#pragma warning restore ASP0014
        var built = await app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(document).GetOpenApiDocumentAsync(ct);
        return (await built.SerializeAsJsonAsync(ApiDocument.Versions[document], ct)).ReplaceLineEndings("\n") + "\n";
    }
}
