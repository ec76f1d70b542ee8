using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace IntegratedCare.Demo;

/// <summary>The demo's last screen: what happened, read back through the API, and where to look next.</summary>
internal static class DemoScreen
{
    private const string Operator = "demo-operator";
    private static readonly (string Id, string Name)[] Metrics =
    [
        ("total_bed_days", "Total bed days, per 1,000"), ("emergency_admissions", "Emergency admissions, per 1,000"),
        ("acs_admissions", "Ambulatory care sensitive, per 100,000"), ("anticipatory_plans", "Anticipatory care plans, %"),
    ];

    public static async Task ShowAsync(DemoApi api, SyntheticSystem system, DemoSettings settings)
    {
        var quarter = DemoWalk.Quarter(system.QuarterStart);
        AnsiConsole.WriteLine();
        AnsiConsole.Write(new Rule($"Northumbria (demo), {quarter}") { Justification = Justify.Left });
        await TiersAsync(api, system);
        await ProgrammeAsync(api);
        await MetricsAsync(api, quarter);
        await MoneyAsync(api, quarter);
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLine("[bold]Where to look next[/]");
        if (settings.HostEnds)
            AnsiConsole.MarkupLine("  dotnet run --project src/Host              serve this system again");
        AnsiConsole.MarkupLineInterpolated($"  {new Uri(settings.Host, "/docs").ToString().PadRight(42)} browse and try the API");
        AnsiConsole.MarkupLine("  GET /v1/metrics/values?metric=acs_admissions&areaKind=locality&grain=quarter");
        AnsiConsole.MarkupLine("  GET /v1/population/high-risk-register      as demo-practice, for direct-care");
        AnsiConsole.MarkupLine("  README.md                                  the demo clients and a first call");
    }

    private static async Task TiersAsync(DemoApi api, SyntheticSystem system)
    {
        var index = system.QuarterStart.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var run = (await api.ListAsync(Operator, "/v1/population/stratifications?limit=1000", "operations"))
            .Last(r => r!["state"]!.GetValue<string>() == "completed" && r["indexDate"]!.GetValue<string>() == index)!;
        var result = run["result"]!;
        var table = new Table().Title("Risk tiers (Hospital Frailty Risk Score)").AddColumn("Tier")
            .AddColumn(Right("Persons, of the system")).AddColumn(Right("Persons, of their practice"));
        foreach (var tier in result["tiers"]!.AsArray())
            table.AddRow(tier!["tier"]!.ToString(), Count(tier["inSystem"]), Count(tier["inPractice"]));
        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated(
            $"  {Count(result["scored"])} persons scored, {Count(result["proposed"])} proposed to their practice's high-risk register.");
    }

    private static async Task ProgrammeAsync(DemoApi api)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        string? next = null;
        do
        {
            var page = await api.GetAsync(Operator, $"/v1/care-pathways/episodes?limit=1000{(next is null ? "" : $"&cursor={next}")}", "operations");
            foreach (var episode in page["items"]!.AsArray())
            {
                var stage = episode!["stage"]!.GetValue<string>();
                counts[stage] = counts.GetValueOrDefault(stage) + 1;
            }

            next = page["next"]?.GetValue<string>();
        }
        while (next is not null);

        var table = new Table().Title("High Risk Patient Programme").AddColumn("Stage").AddColumn(Right("Persons"));
        foreach (var (stage, count) in counts)
            table.AddRow(stage, count.ToString("N0", CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
    }

    private static async Task MetricsAsync(DemoApi api, string quarter)
    {
        var table = new Table().Title($"Metrics, {quarter}, published").AddColumn("Metric").AddColumn("Area")
            .AddColumn(Right("Numerator")).AddColumn(Right("Value")).AddColumn(Right("95 % limits"));
        foreach (var (metric, name) in Metrics)
        {
            foreach (var kind in new[] { "system", "locality" })
            {
                var path = $"/v1/metrics/values?metric={metric}&areaKind={kind}&grain=quarter&status=published&from={quarter}&to={quarter}";
                foreach (var value in await api.ListAsync(Operator, path, "operations"))
                {
                    table.AddRow(
                        kind == "system" ? name : "", value!["areaName"]?.ToString() ?? value["area"]!.ToString(),
                        Number(value["numerator"], "N0"), Number(value["value"], "N2"),
                        $"{Number(value["lower95"], "N2")} to {Number(value["upper95"], "N2")}");
                }
            }
        }

        AnsiConsole.Write(table);
    }

    private static async Task MoneyAsync(DemoApi api, string quarter)
    {
        const string Commissioner = "demo-commissioner";
        var shares = await api.ListAsync(Commissioner, "/v1/contracts/risk-shares?limit=1000", "commissioning");
        var share = shares.First(s => s!["title"]!.GetValue<string>() == $"Emergency admissions {quarter}")!;
        var settlements = $"/v1/contracts/risk-shares/{share["id"]}/settlements";
        var summary = (await api.ListAsync(Commissioner, settlements, "commissioning")).Last()!;
        var settlement = await api.GetAsync(Commissioner, $"{settlements}/{summary["id"]}", "commissioning");
        var statement = new Table().Title($"Settlement {quarter}: {settlement["status"]}")
            .AddColumn("Line").AddColumn("What").AddColumn("Rule").AddColumn("Arithmetic").AddColumn(Right("Result"));
        foreach (var line in settlement["statement"]!["lines"]!.AsArray())
        {
            statement.AddRow(
                Text(line!["line"] ?? line["number"]), Text(line["code"]), Text(line["rule"] ?? line["title"]), Text(line["arithmetic"]), Text(line["result"]));
        }

        AnsiConsole.Write(statement);

        var fund = (await api.ListAsync(Commissioner, "/v1/commissioning/funds?limit=1000", "commissioning"))
            .First(f => f!["code"]!.GetValue<string>() == DemoWalk.FundCode)!;
        var detail = await api.GetAsync(Commissioner, $"/v1/commissioning/funds/{fund["id"]}", "commissioning");
        var table = new Table().Title($"{detail["title"]}: cash balance £{Number(detail["balance"], "N2")}").AddColumn("Partner")
            .AddColumn(Right("Contributed")).AddColumn(Right("Received by settlement"));
        foreach (var partner in detail["partners"]!.AsArray())
            table.AddRow(Text(partner!["name"] ?? partner["organisation"]), Number(partner["contributed"], "N2"), Number(partner["received"], "N2"));
        AnsiConsole.Write(table);
    }

    private static TableColumn Right(string title) => new TableColumn(title).RightAligned();

    private static string Count(JsonNode? node) => node is null ? "-" : node.GetValue<long>().ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(JsonNode? node, string format) => node is null ? "*" : node.GetValue<double>().ToString(format, CultureInfo.InvariantCulture);

    private static string Text(JsonNode? node) => Markup.Escape(node?.ToString() ?? "");
}
