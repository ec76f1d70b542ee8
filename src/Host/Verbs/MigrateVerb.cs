using System.CommandLine;
using IntegratedCare.EmbeddedPostgres;
using IntegratedCare.Host.Platform;
using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Host.Verbs;

/// <summary><c>migrate</c>: brings every module's schema up to date, then ends.</summary>
internal static class MigrateVerb
{
    public static Command Command()
    {
        var command = new Command("migrate", "Bring the database's schemas up to date.") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parse, ct) => RunAsync([.. parse.UnmatchedTokens], ct));
        return command;
    }

    private static async Task<int> RunAsync(string[] settings, CancellationToken ct)
    {
        await using var app = PlatformHost.Build(settings);
        var database = app.Services.GetRequiredService<Database>();
        try
        {
            await database.OpenAsync(ct);
        }
        catch (NoPostgresException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }

        try
        {
            await app.Services.GetRequiredService<ModuleMigrator>().MigrateAsync(ct);
        }
        catch (MigrationRefused e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }

        Console.WriteLine("The database is up to date.");
        return 0;
    }
}
