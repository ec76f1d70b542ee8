using System.CommandLine;
using IntegratedCare.Demo;
using IntegratedCare.Host.Auth;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using Microsoft.Extensions.Logging.Abstractions;

namespace IntegratedCare.Host.Verbs;

/// <summary><c>demo</c>: runs the demo against a running host, or starts one.</summary>
internal static class DemoVerb
{
    public static Command Command()
    {
        var persons = new Option<int>("--persons")
        {
            Description = "How many people to invent (1,000 to 400,000).",
            DefaultValueFactory = _ => 20_000,
        };
        // Also accepts the host's own names for its address, because the demo may start that host.
        var url = new Option<string>("--url", "--urls", "--Urls")
        {
            Description = "A running host to fill; where none answers, the demo starts its own there. Unless it is named, only one of its own is filled.",
            DefaultValueFactory = _ => "http://localhost:5080",
        };
        var stay = new Option<bool>("--stay") { Description = "Keep serving afterwards when the demo started the host itself." };
        var command = new Command("demo", "Build a system to look at: invented people, two years of events, a settled quarter.") { persons, url, stay };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parse, ct) => Uri.TryCreate(parse.GetValue(url), UriKind.Absolute, out var host)
            ? await RunAsync(parse.GetValue(persons), host, parse.GetResult(url) is { Implicit: false }, parse.GetValue(stay), [.. parse.UnmatchedTokens], ct)
            : await FailAsync("--url takes an address such as http://localhost:5080."));
        return command;
    }

    private static async Task<int> RunAsync(int persons, Uri url, bool isNamed, bool stay, string[] settings, CancellationToken ct)
    {
        if (persons is < 1_000 or > 400_000)
            return await FailAsync("--persons takes 1,000 to 400,000.");

        WebApplication? own = null;
        try
        {
            if (!await AnswersAsync(url, ct))
            {
                Console.WriteLine($"No host answers at {url}: starting one.");
                own = PlatformHost.Build(
                [
                    "--environment=Development", $"--Urls={url}",
                    "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning",
                    .. settings,
                ]);
                if (await ServeVerb.StartAsync(own, NullLogger.Instance, ct) is { } fault)
                    return await FailAsync(fault);
            }
            else if (!isNamed)
                return await FailAsync($"A host answers at {url} already. To fill that one, name it: --url {url.GetLeftPart(UriPartial.Authority)}. "
                    + "For one of the demo's own, name a free address: --url http://localhost:5090.");

            var practices = DemoClients.All.Where(c => c.Kind == OrganisationKinds.GeneralPractice).Select(c => new DemoPractice(c.Id, c.Organisation));
            var demo = new DemoSettings(
                url, persons, LondonTime.Today(TimeProvider.System), DemoClients.All.ToDictionary(c => c.Id, c => c.Secret), [.. practices],
                HostEnds: own is not null && !stay);
            if (await DemoRun.RunAsync(demo, ct) is { } obstacle)
                return await FailAsync(obstacle);
            if (own is not null && stay)
                await own.WaitForShutdownAsync(ct);
            return 0;
        }
        finally
        {
            if (own is not null)
            {
                await own.StopAsync(CancellationToken.None);
                await own.DisposeAsync();
            }
        }
    }

    private static async Task<bool> AnswersAsync(Uri url, CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var response = await http.GetAsync(new Uri(url, "/health/ready"), ct);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync(message);
        return 1;
    }
}
