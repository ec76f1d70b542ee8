using System.CommandLine;
using IntegratedCare.EmbeddedPostgres;
using IntegratedCare.Host.Auth;
using IntegratedCare.Host.Platform;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Host.Verbs;

/// <summary><c>serve</c> (the default): opens the database, checks or applies migrations, listens.</summary>
internal static partial class ServeVerb
{
    public static Command Command()
    {
        var command = new Command("serve", "Serve the API (the default).") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parse, ct) => RunAsync([.. parse.UnmatchedTokens], ct));
        return command;
    }

    public static async Task<int> RunAsync(string[] settings, CancellationToken ct)
    {
        await using var app = PlatformHost.Build(settings);
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("IntegratedCare");
        if (await StartAsync(app, log, ct) is { } fault)
        {
            await Console.Error.WriteLineAsync(fault);
            return 1;
        }

        await app.WaitForShutdownAsync(ct);
        await app.StopAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>Starts listening. Returns why it cannot, or null.</summary>
    internal static async Task<string?> StartAsync(WebApplication app, ILogger log, CancellationToken ct)
    {
        if (PlatformAuthentication.Fault(app.Configuration, app.Environment) is { } fault)
            return fault;
        var database = app.Services.GetRequiredService<Database>();
        try
        {
            await database.OpenAsync(ct);
        }
        catch (NoPostgresException e)
        {
            return e.Message;
        }

        PlatformHost.CheckEndpoints(app);
        var migrator = app.Services.GetRequiredService<ModuleMigrator>();
        if (await migrator.RefusalAsync(ct) is { } refusal)
            return refusal;
        if (app.Environment.IsDevelopment())
        {
            try
            {
                await migrator.MigrateAsync(ct);
            }
            catch (MigrationRefused e)
            {
                return e.Message;
            }
        }
        else if (await migrator.PendingAsync(ct) is { Count: > 0 } pending)
            return $"The database lacks {pending.Count} migration(s), first {pending[0]}. Run the migrate verb, then serve.";

        if (await PseudonymKey.FaultAsync(app.Services.GetRequiredService<NpgsqlDataSource>(), app.Services.GetRequiredService<Pseudonyms>(), ct) is { } foreign)
            return foreign;
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            // Background services have started already.
            await app.StopAsync(CancellationToken.None);
            return $"{e.Message} Stop what listens there, or listen elsewhere: --urls http://localhost:5081";
        }

        var url = app.Urls.First();
        LogWhere(log, url, database.Description);
        if (app.Environment.IsDevelopment())
            LogDevelopment(log, url);
        return null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "API {Url}/v1   documentation {Url}/docs   database: {Database}")]
    private static partial void LogWhere(ILogger log, string url, string database);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "A demo token: curl -s {Url}/connect/token -d grant_type=client_credentials -d client_id=demo-acute-trust -d "
        + "client_secret=demo-acute-trust-secret")]
    private static partial void LogDevelopment(ILogger log, string url);
}
