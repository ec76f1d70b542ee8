using System.Net.Http.Json;
using System.Text.Json;
using IntegratedCare.Host.OpenApi;
using IntegratedCare.Host.Verbs;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <remarks>The committed files stay where readers and generators look for them; Snapshooter keeps its texts in <c>__snapshots__</c> only.</remarks>
public sealed class OpenApiTests(TestApp app) : IClassFixture<TestApp>
{
    [Theory]
    [InlineData(ApiDocument.V31, "integrated-care.v1.json")]
    [InlineData(ApiDocument.V30, "integrated-care.v1-3.0.json")]
    public async Task The_committed_document_is_the_one_the_code_describes(string name, string file)
    {
        var exported = await ExportOpenApiVerb.TextAsync(name, CancellationToken.None);
        var path = Path.Combine(Repository.Root, "openapi", file);
        File.Exists(path).ShouldBeTrue($"Run openapi/generate.sh and commit {path}.");
        var committed = (await File.ReadAllTextAsync(path)).ReplaceLineEndings("\n");
        if (exported != committed)
        {
            var (a, b) = (exported.Split('\n'), committed.Split('\n'));
            var at = Enumerable.Range(0, Math.Max(a.Length, b.Length)).First(i => a.ElementAtOrDefault(i) != b.ElementAtOrDefault(i));
            Assert.Fail($"openapi/{file} is not what the code describes. Review the change, run openapi/generate.sh and commit. First difference, line "
                + $"{at + 1}:\n" +
                $"  committed: {b.ElementAtOrDefault(at)}\n  code:      {a.ElementAtOrDefault(at)}");
        }
    }

    [Fact]
    public async Task The_committed_json_schemas_are_those_of_the_document()
    {
        var document = await ExportOpenApiVerb.TextAsync(ApiDocument.V31, CancellationToken.None);
        foreach (var (file, name, title) in JsonSchemas.All)
        {
            var committed = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "openapi", file))).ReplaceLineEndings("\n");
            committed.ShouldBe(JsonSchemas.Of(document, name, title), $"Review the change, run openapi/generate.sh and commit openapi/{file}.");
            committed.ShouldNotContain("#/components/");
        }
    }

    [Theory]
    [InlineData("/openapi/v1.json", "3.1")]
    [InlineData("/openapi/v1-3.0.json", "3.0")]
    public async Task Given_no_token_the_document_is_served(string path, string version)
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        var document = await http.GetFromJsonAsync<JsonElement>(path);
        document.GetProperty("openapi").GetString()!.ShouldStartWith(version);
    }

    [Theory]
    [InlineData("/docs/index.html", "swagger-ui")]
    [InlineData("/docs/swagger-ui-bundle.js", "swagger")]
    public async Task The_page_that_browses_the_document_comes_from_this_host(string path, string contains)
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        var text = await http.GetStringAsync(path);
        text.ShouldContain(contains, Case.Insensitive);
        if (path.EndsWith(".html", StringComparison.Ordinal))
            text.ShouldNotContain("https://", customMessage: "Nothing is fetched from elsewhere.");
    }

    [Fact]
    public async Task Every_endpoint_is_in_the_document_with_its_tag_scope_and_refusals()
    {
        var document = await DocumentAsync();
        var operations = Operations(document);
        var routes = app.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<EndpointAccess>() is not null).ToList();
        routes.ShouldNotBeEmpty();
        foreach (var route in routes)
        {
            var id = route.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName;
            operations.ShouldContainKey(id);
            var operation = operations[id];
            var access = route.Metadata.GetMetadata<EndpointAccess>()!;
            operation.GetProperty("tags")[0].GetString().ShouldBe(route.Metadata.GetMetadata<ModuleMetadata>()?.Module.Name ?? ApiDocument.PlatformTag);
            operation.GetProperty("security")[0].GetProperty("oauth2")[0].GetString().ShouldBe(access.Scope);
            operation.GetProperty("description").GetString()!.ShouldContain(access.Scope);
            foreach (var status in new[] { "400", "401", "403", "429", "503" })
                operation.GetProperty("responses").TryGetProperty(status, out _).ShouldBeTrue($"{id} lacks {status}");
            operation.GetProperty("responses").EnumerateObject().ShouldContain(r => r.Name.StartsWith('2'), $"{id} documents no success");
        }
    }

    [Fact]
    public async Task Every_reference_in_the_document_resolves()
    {
        var document = await DocumentAsync();
        var references = References(document).Distinct().ToList();
        references.ShouldNotBeEmpty();
        foreach (var reference in references)
        {
            var at = document;
            foreach (var part in reference.Split('/')[1..])
                at.TryGetProperty(part, out at).ShouldBeTrue(reference);
        }
    }

    private async Task<JsonElement> DocumentAsync()
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        return await http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
    }

    private static Dictionary<string, JsonElement> Operations(JsonElement document) => document.GetProperty("paths").EnumerateObject()
        .SelectMany(p => p.Value.EnumerateObject()).Where(o => o.Value.ValueKind == JsonValueKind.Object && o.Value.TryGetProperty("operationId", out _))
        .ToDictionary(o => o.Value.GetProperty("operationId").GetString()!, o => o.Value);

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p =>
            p.Name == "$ref" && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString()!] : References(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
