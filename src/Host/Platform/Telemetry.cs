using System.Diagnostics;
using IntegratedCare.Shared.Outbox;
using Microsoft.AspNetCore.Http.Features;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace IntegratedCare.Host.Platform;

/// <summary>Sends traces and metrics by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; otherwise nothing is collected.</summary>
internal sealed class Telemetry(IConfiguration configuration) : IHostedService
{
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 } endpoint)
            return Task.CompletedTask;

        var resource = ResourceBuilder.CreateDefault().AddService(
            configuration["OTEL_SERVICE_NAME"] ?? "integrated-care",
            serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3));
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource("Microsoft.AspNetCore", "Npgsql", OutboxState.Telemetry)
            .AddProcessor(new PersonalDataFilter())
            .AddOtlpExporter(options => Point(options, endpoint, "v1/traces"))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("Microsoft.AspNetCore.*", "Npgsql", "System.Runtime", OutboxState.Telemetry)
            .AddOtlpExporter(options => Point(options, endpoint, "v1/metrics"))
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        // Disposing flushes the exporters.
        _traces?.Dispose();
        _metrics?.Dispose();
        return Task.CompletedTask;
    }

    private void Point(OtlpExporterOptions options, string endpoint, string path)
    {
        var http = configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] == "http/protobuf";
        options.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        options.Endpoint = http ? new Uri($"{endpoint.TrimEnd('/')}/{path}") : new Uri(endpoint);
    }
}

internal static class RequestSpans
{
    /// <summary>Names a request's span after its route and status: ASP.NET Core's own span ends without them.</summary>
    public static void UseRequestSpans(this WebApplication app) => app.Use(async (http, next) =>
    {
        await next(http);
        if (http.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span)
            return;
        span.SetTag("http.response.status_code", http.Response.StatusCode);
        if (http.Response.StatusCode >= 500)
            span.SetStatus(ActivityStatusCode.Error);
        if ((http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } route)
        {
            span.DisplayName = $"{http.Request.Method} {route}";
            span.SetTag("http.route", route);
        }
    });
}

/// <summary>
/// Keeps personal data out of traces: only tags known to be safe leave the host. Paths, queries, SQL text and error
/// messages may hold an identifier, a name or a date of birth.
/// </summary>
internal sealed class PersonalDataFilter : BaseProcessor<Activity>
{
    private static readonly HashSet<string> Safe =
    [
        "http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.name", "network.protocol.version",
        "server.address", "server.port", "error.type",
        "db.system", "db.system.name", "db.name", "db.namespace", "db.operation.name", "db.response.status_code", "db.npgsql.data_source",
        "messaging.batch.message_count",
    ];

    public override void OnEnd(Activity data)
    {
        // Events cannot be removed from an activity, and an exception's message may quote a value: such a span is not exported.
        // Its parent request is marked as failed.
        // A command without a parent is the dispatcher polling, twice a second.
        if (data.Events.Any() || !string.IsNullOrEmpty(data.StatusDescription) || (data.Source.Name == "Npgsql" && data.ParentSpanId == default))
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        foreach (var (key, _) in data.TagObjects.ToList())
        {
            if (!Safe.Contains(key))
                data.SetTag(key, null);
        }
    }
}
