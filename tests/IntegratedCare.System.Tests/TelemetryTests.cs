using System.Collections.Concurrent;
using System.Text;
using IntegratedCare.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IntegratedCare.System.Tests;

public sealed class TelemetryTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Path, string Body)> _received = new();
    private WebApplication _collector = null!;
    private CollectedApp _app = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _collector = builder.Build();
        _collector.Urls.Add("http://127.0.0.1:0");
        _collector.MapPost("/{**path}", async (HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            _received.Enqueue((http.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
        });
        await _collector.StartAsync();
        _app = new CollectedApp(_collector.Urls.First());
        await _app.InitializeAsync();
    }

    public async ValueTask DisposeAsync() => await _collector.DisposeAsync();

    [Fact]
    public async Task Requests_and_SQL_are_traced_without_what_was_asked_for()
    {
        using (var http = _app.ClientFor("demo-operator"))
        {
            await http.GetAsync("/v1/operations/parked-events?nhsNumber=9434765919", 200);
            await http.GetAsync($"/v1/operations/parked-events?cursor=9434765919", 400);
            await http.PostAsync("/v1/operations/parked-events/0196e1b0-0000-7000-8000-00000000abcd/redrive", "{}", 404);
        }

        await _app.DisposeAsync(); // Stopping sends what is waiting.

        var traces = string.Concat(_received.Where(r => r.Path == "/v1/traces").Select(r => r.Body));
        traces.ShouldContain("/v1/operations/parked-events");
        traces.ShouldContain("http.route");
        traces.ShouldContain("Npgsql");
        traces.ShouldNotContain("9434765919");
        traces.ShouldNotContain("00000000abcd");
        traces.ShouldNotContain("SELECT", Case.Sensitive);
        var metrics = string.Concat(_received.Where(r => r.Path == "/v1/metrics").Select(r => r.Body));
        metrics.ShouldContain("http.server.request.duration");
        metrics.ShouldNotContain("9434765919");
    }

    private sealed class CollectedApp(string collector) : TestApp
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings =>
        [
            new("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
            new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ];
    }
}
