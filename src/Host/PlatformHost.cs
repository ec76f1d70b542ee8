using System.Text.Json;
using IntegratedCare.Host.Auth;
using IntegratedCare.Host.OpenApi;
using IntegratedCare.Host.Platform;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Shared.Documents;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace IntegratedCare.Host;

/// <summary>Builds the host, in the same way for every verb and for the tests.</summary>
internal static class PlatformHost
{
    public const long MaxBody = 1024 * 1024;

    public static WebApplication Build(string[] settings, Action<WebApplicationBuilder>? adjust = null)
    {
        // By default ASP.NET Core does not tag its request spans.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = settings, ContentRootPath = AppContext.BaseDirectory });
        adjust?.Invoke(builder);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
        });

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Database>();
        services.AddSingleton(provider => provider.GetRequiredService<Database>().CreateSource());
        services.AddSingleton<ModuleMigrator>();
        services.AddSingleton<OutboxQueries>();
        services.AddOutbox();
        services.Configure<OutboxOptions>(builder.Configuration.GetSection("Outbox"));
        services.AddScoped<AccessContext>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton(provider => Secrets.Pseudonyms(provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IHostEnvironment>()));
        services.ConfigureHttpJsonOptions(options => SharedJson.ConfigureWire(options.SerializerOptions));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddPlatformAuthentication(builder.Configuration, builder.Environment);
        services.AddApiDocuments();
        services.AddPlatformEndpoints();
        Modules.AddAll(services, builder.Configuration);
        services.AddCareEndpoints();
        services.AddHostedService<Housekeeping>();
        services.AddHostedService<Telemetry>();

        var app = builder.Build();
        app.UseResponseSafety();
        app.UseRequestSpans();
        app.UseRequestIds();
        app.UseProblemDocuments();
        app.UseClosedFramework();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAccess();
        app.UseRateLimits();
        app.UseBodyEncoding();
        app.UseIdempotencyKeys();
        if (app.Environment.IsDevelopment())
            DevelopmentIssuer.Map(app);
        app.MapStartPage();
        app.MapApiDocuments();
        app.MapCareEndpoints();
        return app;
    }

    /// <summary>Builds every endpoint at start, so that a request without a validator, or an endpoint without an access rule, stops it.</summary>
    public static void CheckEndpoints(WebApplication app)
    {
        foreach (var endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>())
        {
            if (endpoint.RoutePattern.RawText?.StartsWith("/v1", StringComparison.Ordinal) == true && endpoint.Metadata.GetMetadata<EndpointAccess>() is null)
                throw new InvalidOperationException($"{endpoint.RoutePattern.RawText} has no access rule: call Access(scope, purposes) in Configure.");
        }
    }
}
