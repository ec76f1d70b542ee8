using System.Globalization;
using Spectre.Console;

namespace IntegratedCare.Demo;

/// <summary>What the demo is given by the host's verb.</summary>
/// <param name="Host">Where a running host answers.</param>
/// <param name="Persons">How many people to invent, at most 400,000.</param>
/// <param name="Today">The date in London; the last quarter before it is settled.</param>
/// <param name="Secrets">The secret of each client of the host's issuer, by the client's id.</param>
/// <param name="Practices">The general practices among those clients.</param>
/// <param name="HostEnds">Whether the host stops after the demo.</param>
public sealed record DemoSettings(
    Uri Host, int Persons, DateOnly Today, IReadOnlyDictionary<string, string> Secrets, IReadOnlyList<DemoPractice> Practices, bool HostEnds);

/// <summary>A client that acts for a general practice, and the practice's ODS code.</summary>
public sealed record DemoPractice(string Client, string Code);

/// <summary>Builds an invented care system through the public API and walks the loop to a settled quarter. Repeating it changes nothing.</summary>
public static class DemoRun
{
    private const int Seed = 2026;

    /// <summary>Runs the demo to its last screen. Returns what prevented it, or null.</summary>
    public static async Task<string?> RunAsync(DemoSettings settings, CancellationToken ct)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Capabilities.Ansi = false;
            AnsiConsole.Profile.Width = 140;
        }

        using var api = new DemoApi(settings.Host, settings.Secrets);
        try
        {
            var system = new SyntheticSystem(settings.Persons, Seed, await QuarterAsync(api, settings.Today), settings.Practices);
            await new DemoWalk(api, system).RunAsync(ct);
            await DemoScreen.ShowAsync(api, system, settings);
            return null;
        }
        catch (DemoFailed e)
        {
            return e.Message;
        }
        catch (HttpRequestException e)
        {
            return $"The host at {settings.Host} stopped answering: {e.Message}";
        }
    }

    /// <summary>The first day of the quarter to settle: the one a demo before this settled, else the last that is over.</summary>
    private static async Task<DateOnly> QuarterAsync(DemoApi api, DateOnly today)
    {
        // Asked as the operator: on an empty host nobody else is registered yet.
        var agreements = await api.ListAsync("demo-operator", "/v1/contracts/agreements?limit=1000", "operations");
        var title = agreements.Select(a => a!["title"]!.GetValue<string>())
            .FirstOrDefault(t => t.StartsWith(DemoWalk.AgreementTitle, StringComparison.Ordinal));
        if (title is not null && title[DemoWalk.AgreementTitle.Length..].Split("-Q") is [var year, var quarter])
            return new DateOnly(int.Parse(year, CultureInfo.InvariantCulture), int.Parse(quarter, CultureInfo.InvariantCulture) * 3 - 2, 1);
        return new DateOnly(today.Year, (today.Month - 1) / 3 * 3 + 1, 1).AddMonths(-3);
    }
}
