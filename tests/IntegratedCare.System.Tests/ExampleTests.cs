using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace IntegratedCare.System.Tests;

/// <summary>The examples of the OpenAPI document: each is of its schema's shape, and each is accepted.</summary>
public sealed class ExampleTests(HostileApp app, ITestOutputHelper output) : IClassFixture<HostileApp>
{
    /// <summary>Refused in the seeded system although the request is right: with which problem, and why. All else is accepted.</summary>
    private static readonly Dictionary<string, (int Status, string Code)> RefusedForState = new()
    {
        // No event is parked in a system that works; OutboxTests redrives one.
        ["redriveParkedEvent"] = (404, "not-found"),
    };

    [Fact]
    public void Every_example_is_of_its_schemas_shape()
    {
        var examples = (from operation in ApiOperation.Guarded
                        from media in operation.MediaTypes
                        let content = operation.Node["requestBody"]!["content"]![media]!
                        where content["example"] is not null
                        select (operation, media, content)).ToList();
        examples.Count.ShouldBeGreaterThan(44);
        ApiOperation.Guarded.Where(o => o.Body is not null && !o.HasExample).Select(o => o.Id)
            .ShouldBeEmpty("An example is a file in src/Host/OpenApi/Examples.");
        foreach (var (operation, media, content) in examples)
            JsonShape.Faults(operation.Document, content["schema"]!.AsObject(), content["example"]).ShouldBeEmpty($"{operation.Id}, {media}");
    }

    [Theory]
    [InlineData("createFund", """{"code":"BCF"}""", "/title is missing")]
    [InlineData("createFund", """{"code":"a b"}""", "/code does not match")]
    [InlineData("createFund", """{"partners":"99A"}""", "/partners is of another type")]
    [InlineData("createFund", """{"colour":"red"}""", "/colour is not known")]
    [InlineData("recordAssessment", """{"date":"yesterday"}""", "/date is no date")]
    [InlineData("addContribution", """{"amount":0}""", "/amount is out of range")]
    [InlineData("addRiskModel", """{"inputs":["palm-reading"]}""", "/inputs/0 is none of")]
    public void An_example_of_another_shape_is_found(string operationId, string body, string told)
    {
        var operation = ApiOperation.Guarded.Single(o => o.Id == operationId);
        JsonShape.Faults(operation.Document, operation.Body!, JsonNode.Parse(body)).ShouldContain(f => f.StartsWith(told, StringComparison.Ordinal));
    }

    /// <summary>Each operation once, on a record in the right state for it. What ends an episode or supersedes a settlement comes last.</summary>
    [Fact]
    public async Task Every_example_is_accepted_of_whoever_may_send_it()
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        var (accepted, faults) = (new List<string>(), new List<string>());
        var refused = new Dictionary<string, (int Status, string Code)>();
        var operations = ApiOperation.Guarded.Where(o => !o.IsGet).OrderBy(o => o.Id is "closeEpisode" or "proposeSettlement" ? 1 : 0).ToList();
        foreach (var operation in operations)
        {
            var bodies = operation.MediaTypes.Select(m => (m, operation.Node["requestBody"]!["content"]![m]!["example"])).DefaultIfEmpty(("", null)).ToList();
            if (operation.Id == "postEvents")
                bodies.AddRange(operation.Wholes(app.World).Select(w => (operation.Media, (JsonNode?)w.Whole)));
            foreach (var (media, body) in bodies)
            {
                var client = operation.Client();
                using var content = body is null ? null : new StringContent(app.World.Real(media is "application/x-ndjson" or "text/csv" ? body.ToString()
                    : body.ToJsonString()), new MediaTypeHeaderValue(media));
                using var request = operation.Call(app.World, app.Token(client, [.. client.Scopes]), client, content, null, null);
                using var response = await http.SendAsync(request);
                var text = await response.Content.ReadAsStringAsync();
                if (response.IsSuccessStatusCode && !text.Contains("\"rejected\":1", StringComparison.Ordinal)
                    && !text.Contains("\"status\":\"rejected\"", StringComparison.Ordinal))
                    accepted.Add(operation.Id);
                else if (RefusedForState.ContainsKey(operation.Id))
                    refused[operation.Id] = ((int)response.StatusCode, JsonNode.Parse(text)!["code"]!.GetValue<string>());
                else
                    faults.Add($"{operation.Id} {media} by {client.Id}: {(int)response.StatusCode} {text}");
            }
        }

        output.WriteLine($"{accepted.Distinct().Count()} of {operations.Count} operations that change something accepted, with {accepted.Count} bodies.");
        faults.ShouldBeEmpty();
        refused.ShouldBe(RefusedForState, ignoreOrder: true);
        accepted.Distinct().Count().ShouldBe(operations.Count - RefusedForState.Count);
    }
}
