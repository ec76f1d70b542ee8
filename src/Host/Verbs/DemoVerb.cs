using System.CommandLine;
using System.Globalization;
using IntegratedCare.Host.Verbs.Demo;
using IntegratedCare.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace IntegratedCare.Host.Verbs;

/// <summary><c>demo</c>: builds an invented care system through the public API and walks the loop to a settled quarter. Repeating it changes nothing.</summary>
internal static class DemoVerb
{
    public static Command Command()
    {
        var persons = new Option<int>("--persons") { Description = "How many people to invent (1,000 to 400,000).", DefaultValueFactory = _ => 20_000 };
        var url = new Option<string>("--url") { Description = "A running host; without one there, the demo starts its own.", DefaultValueFactory = _ => "http://localhost:5080" };
        var stay = new Option<bool>("--stay") { Description = "Keep serving afterwards when the demo started the host itself." };
        var command = new Command("demo", "Build a system to look at: invented people, two years of events, a settled quarter.") { persons, url, stay };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parse, ct) => Uri.TryCreate(parse.GetValue(url), UriKind.Absolute, out var host)
            ? await RunAsync(parse.GetValue(persons), host, parse.GetValue(stay), [.. parse.UnmatchedTokens], ct)
            : await FailAsync("--url takes an address such as http://localhost:5080."));
        return command;
    }

    private static async Task<int> RunAsync(int persons, Uri url, bool stay, string[] settings, CancellationToken ct)
    {
        if (persons is < 1_000 or > 400_000)
            return await FailAsync("--persons takes 1,000 to 400,000.");
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Capabilities.Ansi = false;
            AnsiConsole.Profile.Width = 140;
        }

        WebApplication? own = null;
        try
        {
            if (!await AnswersAsync(url, ct))
            {
                AnsiConsole.MarkupLineInterpolated($"No host answers at {url}: starting one.");
                own = PlatformHost.Build(["--environment=Development", $"--Urls={url}", "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning", .. settings]);
                if (await ServeVerb.StartAsync(own, NullLogger.Instance, ct) is { } fault)
                    return await FailAsync(fault);
            }

            using var api = new DemoApi(url);
            var system = new SyntheticSystem(persons, seed: 2026, await QuarterAsync(api));
            await new DemoWalk(api, system).RunAsync(ct);
            await DemoScreen.ShowAsync(api, system, own is not null && !stay);
            if (own is not null && stay)
                await own.WaitForShutdownAsync(ct);
            return 0;
        }
        catch (DemoFailed e)
        {
            return await FailAsync(e.Message);
        }
        catch (HttpRequestException e)
        {
            return await FailAsync($"The host at {url} stopped answering: {e.Message}");
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

    /// <summary>The quarter to settle: the one a demo before this settled, else the last that is over.</summary>
    private static async Task<DateOnly> QuarterAsync(DemoApi api)
    {
        var agreements = (await api.GetAsync("demo-commissioner", "/v1/contracts/agreements?limit=1000"))["items"]!.AsArray();
        var title = agreements.Select(a => a!["title"]!.GetValue<string>()).FirstOrDefault(t => t.StartsWith(DemoWalk.AgreementTitle, StringComparison.Ordinal));
        if (title is not null && title[DemoWalk.AgreementTitle.Length..].Split("-Q") is [var year, var quarter])
            return new DateOnly(int.Parse(year, CultureInfo.InvariantCulture), int.Parse(quarter, CultureInfo.InvariantCulture) * 3 - 2, 1);
        var today = LondonTime.Today(TimeProvider.System);
        return new DateOnly(today.Year, (today.Month - 1) / 3 * 3 + 1, 1).AddMonths(-3);
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
