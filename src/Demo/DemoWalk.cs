using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace IntegratedCare.Demo;

/// <summary>The loop, step by step, through the public API. Each step first looks whether it has been done.</summary>
internal sealed class DemoWalk(DemoApi api, SyntheticSystem system)
{
    public const string AgreementTitle = "Non-elective care, demo ";
    public const string FundCode = "NORTHUMBRIA-POOL";
    private const string Operator = "demo-operator";
    private const string Gp = "name=Demo Doctor; role=gp; registration=GMC 0000001";
    private const string Nurse = "name=Demo Nurse; role=community-nurse; registration=NMC 00A0001A";
    private const string Chief = "name=Demo Chief; role=chief executive";
    private const string Officer = "name=Demo Officer; role=accountable officer";

    public static string Quarter(DateOnly start) => string.Create(CultureInfo.InvariantCulture, $"{start.Year}-Q{(start.Month + 2) / 3}");

    public async Task RunAsync(CancellationToken ct) => await AnsiConsole.Progress()
        .Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
        .StartAsync(async progress =>
        {
            var register = progress.AddTask("Organisations and places");
            var persons = progress.AddTask("Persons", maxValue: system.Persons);
            var events = progress.AddTask("Two years of events");
            var applied = progress.AddTask("Events applied by every module");
            var risk = progress.AddTask("Stratification (Hospital Frailty Risk Score)");
            var practices = progress.AddTask("Practices decide on their high-risk registers", maxValue: system.Practices.Count);
            var programme = progress.AddTask("High Risk Patient Programme", maxValue: system.Practices.Count);
            var metrics = progress.AddTask("Metrics published");
            var contract = progress.AddTask("Contract, fund and settlement");

            await RegisterAsync(register);
            await Loaded(api.PostLinesAsync(Operator, "/v1/population/persons", system.PersonLines(), "operations", n => persons.Increment(n)), "persons");
            var lines = system.EventLines().Count();
            events.MaxValue = lines;
            await Loaded(api.PostLinesAsync("demo-vendor", "/v1/population/events", system.EventLines(), "direct-care", n => events.Increment(n)), "events");
            await DrainAsync(applied, ct);
            await StratifyAsync(risk, ct);
            await DecideAsync(practices);
            await DrainAsync(null, ct);
            await CareAsync(programme);
            await DrainAsync(null, ct);
            await PublishAsync(metrics, ct);
            await DrainAsync(null, ct);
            await SettleAsync(contract);
            await DrainAsync(null, ct);
            contract.Value = contract.MaxValue;
        });

    private static async Task Loaded(Task<JsonNode> load, string what)
    {
        var answer = await load;
        if (answer["rejected"]!.GetValue<long>() > 0)
            throw new DemoFailed($"{answer["rejected"]} {what} were rejected: see {answer["rejects"]}.");
    }

    private async Task RegisterAsync(ProgressTask task)
    {
        var organisations = system.Organisations.ToList();
        task.MaxValue = organisations.Count + 6;
        foreach (var (code, name, kind) in organisations)
        {
            await api.PostAsync(Operator, "/v1/population/organisations", new { code, name, kind }, "operations");
            task.Increment(1);
        }

        await PlaceAsync(new { code = SyntheticSystem.System, name = "Northumbria (demo)", level = "system" });
        await PlaceAsync(new { code = SyntheticSystem.Place, name = "The county (demo)", level = "place", parent = SyntheticSystem.System });
        foreach (var (code, name, practices) in system.Localities)
        {
            var members = practices.Select(practice => new { practice }).ToArray();
            await PlaceAsync(new { code, name, level = "locality", parent = SyntheticSystem.Place, practices = members });
        }

        async Task PlaceAsync(object place)
        {
            await api.PostAsync(Operator, "/v1/population/places", place, "operations");
            task.Increment(1);
        }
    }

    /// <summary>Waits until every module has applied what was published.</summary>
    private async Task DrainAsync(ProgressTask? task, CancellationToken ct)
    {
        var most = 0L;
        while (true)
        {
            var backlog = (await api.GetAsync(Operator, "/v1/operations/outbox", "operations")).AsArray();
            if (backlog.Sum(b => b!["parked"]!.GetValue<long>()) > 0)
                throw new DemoFailed("An event could not be applied: see /v1/operations/parked-events.");
            var waiting = backlog.Sum(b => b!["waiting"]!.GetValue<long>() + b["retrying"]!.GetValue<long>());
            if (task is not null)
            {
                most = Math.Max(most, waiting);
                task.Value = most == 0 ? task.MaxValue : task.MaxValue * (most - waiting) / most;
            }

            if (waiting == 0)
                return;
            await Task.Delay(200, ct);
        }
    }

    private async Task StratifyAsync(ProgressTask task, CancellationToken ct)
    {
        const string Model = "hospital-frailty-risk-score";
        var index = Day(system.QuarterStart);
        var runs = await api.ListAsync(Operator, "/v1/population/stratifications?limit=1000", "operations");
        var run = runs.FirstOrDefault(r => r!["model"]!.GetValue<string>() == Model && r["indexDate"]!.GetValue<string>() == index)
            ?? (await api.PostAsync(
                Operator, "/v1/population/stratifications", new { model = Model, indexDate = index, seed = 2026 }, "risk-stratification")).Body!;
        while (run["state"]!.GetValue<string>() is var state && state != "completed")
        {
            if (state == "failed")
                throw new DemoFailed("The stratification failed.");
            task.Value = state == "queued" ? 10 : 50;
            await Task.Delay(200, ct);
            run = await api.GetAsync(Operator, $"/v1/population/stratifications/{run["id"]}", "operations");
        }

        task.Value = task.MaxValue;
    }

    /// <summary>Each practice confirms those proposed to it, but for every seventh.</summary>
    private async Task DecideAsync(ProgressTask task) => await ForEachPracticeAsync(task, async (client, practice) =>
    {
        var proposed = await api.ListAsync(client, $"/v1/population/high-risk-register?practice={practice}&status=proposed&limit=1000", "direct-care");
        foreach (var entry in proposed)
        {
            var path = $"/v1/population/high-risk-register/{entry!["entryId"]}";
            var decline = entry["nhsNumber"]!.GetValue<string>().Sum(c => c) % 7 == 0;
            // Who has died or moved since the index date is refused with 409, and left.
            await api.PostAsync(
                client,
                $"{path}/{(decline ? "decline" : "confirm")}",
                decline ? (object)new { reason = "Well supported already; the practice will look again." } : new { from = Day(system.QuarterStart.AddDays(9)) },
                "direct-care",
                Gp,
                $"\"{entry["version"]}\"",
                accept: HttpStatusCode.Conflict);
        }
    });

    /// <summary>Accept, assess, key worker, meeting, care plan, review: every fifth person is not yet planned.</summary>
    private async Task CareAsync(ProgressTask task) => await ForEachPracticeAsync(task, async (client, practice) =>
    {
        var episodes = await api.ListAsync(client, $"/v1/care-pathways/episodes?practice={practice}&status=proposed&limit=1000", "direct-care");
        var start = system.QuarterStart;
        for (var n = 0; n < episodes.Count; n++)
        {
            var path = $"/v1/care-pathways/episodes/{episodes[n]!["id"]}";
            var tag = $"\"{episodes[n]!["version"]}\"";
            tag = await ActAsync(client, "accept", new { partner = SyntheticSystem.Trust }, Gp);
            if (n % 5 == 4)
                continue;
            tag = await ActAsync("demo-acute-trust", "assessments", new
            {
                kind = "nursing",
                date = Day(start.AddDays(14 + n % 9)),
                findings = "Lives alone; falls; several admissions.",
            }, Nurse);
            tag = await ActAsync(client, "key-worker", new { name = "Demo Nurse", role = "community-nurse", organisation = SyntheticSystem.Trust }, Gp);
            tag = await ActAsync(client, "meetings", new
            {
                date = Day(start.AddDays(28)),
                attendance = new[]
                {
                    new { role = "gp", organisation = practice },
                    new { role = "community-nurse", organisation = SyntheticSystem.Trust },
                    new { role = "social-worker", organisation = SyntheticSystem.County },
                },
                decisions = new[] { "One care plan, one key worker." },
            }, Gp);
            tag = await ActAsync(client, "plan", new
            {
                date = Day(start.AddDays(30)),
                goals = new[] { "I want to stay in my own home." },
                actions = new[] { new { action = "Medicines review", owner = "pharmacist", organisation = practice } },
                anticipatory = new[] { new { @if = "More breathless than usual", then = "Ring the team first, day or night" } },
                selfCare = new[] { "Weigh every morning" },
                reviewDate = Day(start.AddDays(75)),
            }, Gp);
            if (n % 2 == 0)
            {
                tag = await ActAsync(client, "reviews", new
                {
                    date = Day(start.AddDays(75)),
                    outcome = "continue",
                    nextReviewDate = Day(start.AddDays(160)),
                }, Gp);
            }

            async Task<string> ActAsync(string actor, string act, object body, string user) =>
                (await api.PostAsync(actor, $"{path}/{act}", body, "direct-care", user, tag)).ETag ?? "*";
        }
    });

    private async Task PublishAsync(ProgressTask task, CancellationToken ct)
    {
        // The counts of the register follow within seconds; a rate needs them.
        var last = Quarter(system.QuarterStart);
        for (var i = 0; i < 240; i++)
        {
            var live = await api.ListAsync(
                Operator, $"/v1/metrics/values?metric=total_bed_days&areaKind=system&grain=quarter&from={last}&to={last}", "operations");
            if (live.Count > 0 && live[0]!["denominator"] is not null && live[0]!["numerator"]!.GetValue<double>() > 0)
                break;
            await Task.Delay(500, ct);
        }

        foreach (var quarter in new[] { system.QuarterStart.AddYears(-1), system.QuarterStart })
        {
            var period = Quarter(quarter);
            var published = await api.ListAsync(
                Operator,
                $"/v1/metrics/values?metric=anticipatory_plans&areaKind=system&grain=quarter&status=published&from={period}&to={period}",
                "operations");
            if (published.Count == 0)
                await api.PostAsync(Operator, "/v1/metrics/computations", new { from = period, to = period, publish = true, status = "final" }, "operations");
            task.Increment(50);
        }
    }

    private async Task SettleAsync(ProgressTask task)
    {
        const string Trust = "demo-acute-trust";
        const string Commissioner = "demo-commissioner";
        var quarter = Quarter(system.QuarterStart);
        var title = AgreementTitle + quarter;
        var year = FinancialYear(system.QuarterStart);

        var funds = await api.ListAsync(Commissioner, "/v1/commissioning/funds?limit=1000", "commissioning");
        var fund = funds.FirstOrDefault(f => f!["code"]!.GetValue<string>() == FundCode);
        if (fund is null)
        {
            // By the operator's word the fund is in force at once, with its partners; by the host's each of them would accept.
            fund = (await api.PostAsync(Operator, "/v1/commissioning/funds", new
            {
                code = FundCode,
                title = "Northumbria pooled fund (demo)",
                legalForm = "section-75",
                host = SyntheticSystem.Commissioner,
                system = SyntheticSystem.System,
                partners = new[] { SyntheticSystem.Commissioner, SyntheticSystem.Trust, SyntheticSystem.County, SyntheticSystem.Coast },
                financialYear = year,
            }, "operations")).Body!;
            var contributions = new[]
            {
                (Commissioner, SyntheticSystem.Commissioner, 6_000_000m),
                ("demo-council", SyntheticSystem.County, 2_500_000m),
                ("demo-council-2", SyntheticSystem.Coast, 1_500_000m),
            };
            foreach (var (client, partner, amount) in contributions)
            {
                var contribution = new { partner, year, amount, kind = "cash", reference = $"demo-{partner}-{year}" };
                await api.PostAsync(
                    client, $"/v1/commissioning/funds/{fund["id"]}/contributions", contribution, client == Commissioner ? "commissioning" : "operations");
            }
        }

        foreach (var (organisation, plan) in new[] { (SyntheticSystem.Trust, -500_000m), (SyntheticSystem.Commissioner, 750_000m) })
            await api.PostAsync(Operator, $"/v1/commissioning/control-totals/{SyntheticSystem.System}/plans", new { organisation, year, plan }, "operations");
        task.Value = 25;

        var agreements = await api.ListAsync(Commissioner, "/v1/contracts/agreements?limit=1000", "commissioning");
        var agreement = agreements.FirstOrDefault(a => a!["title"]!.GetValue<string>() == title);
        if (agreement is null)
        {
            var before = await ActivityAsync(Quarter(system.QuarterStart.AddYears(-1)));
            agreement = (await api.PostAsync(Commissioner, "/v1/contracts/agreements", new
            {
                title,
                form = "risk-share",
                structure = "bilateral",
                parties = new object[]
                {
                    new
                    {
                        organisation = SyntheticSystem.Commissioner,
                        role = "commissioner",
                        signatory = new { name = "Demo Officer", role = "accountable officer" },
                    },
                    new { organisation = SyntheticSystem.Trust, role = "provider", signatory = new { name = "Demo Chief", role = "chief executive" } },
                },
                from = Day(system.QuarterStart.AddMonths(-((system.QuarterStart.Month + 8) % 12))),
                to = Day(system.QuarterStart.AddYears(3)),
                services = new[] { "emergency admissions" },
                system = SyntheticSystem.System,
            }, "commissioning", Officer)).Body!;
            // The benchmark is last year's activity, grown by 4 %; shares, threshold and limits are the preset's and what the parties chose.
            await api.PostAsync(Commissioner, "/v1/contracts/risk-shares", new
            {
                agreementId = agreement["id"]!.GetValue<string>(),
                title = $"Emergency admissions {quarter}",
                preset = "northumbria",
                terms = new
                {
                    benchmark = new { perQuarter = decimal.Round((decimal)before * 1.04m) },
                    unitPrice = 2150.00m,
                    marginalCost = 940.00m,
                    shares = new[]
                    {
                        new { party = SyntheticSystem.Commissioner, gain = 0.5m, loss = 0.5m },
                        new { party = SyntheticSystem.Trust, gain = 0.5m, loss = 0.5m },
                    },
                    fund = FundCode,
                    fundId = fund["id"]!.GetValue<string>(),
                },
            }, "commissioning", Officer);
        }

        var agreementPath = $"/v1/contracts/agreements/{agreement["id"]}";
        foreach (var (client, user, purpose) in new[] { (Commissioner, Officer, "commissioning"), (Trust, Chief, "operations") })
        {
            // A signature that was given before answers 409, and stands.
            if ((await api.GetAsync(client, agreementPath, purpose))["status"]!.GetValue<string>() == "draft")
                await api.PostAsync(client, $"{agreementPath}/signatures", null, purpose, user, "*", accept: HttpStatusCode.Conflict);
        }

        task.Value = 50;
        var share = await RiskShareAsync(agreement["id"]!.GetValue<string>());
        var settlements = $"/v1/contracts/risk-shares/{share["id"]}/settlements";
        var settlement = (await api.ListAsync(Commissioner, settlements, "commissioning")).LastOrDefault(s => s!["period"]!.GetValue<string>() == quarter)
            ?? (await api.PostAsync(Commissioner, settlements, new { period = quarter }, "commissioning", Officer)).Body!;
        foreach (var (client, user, purpose) in new[] { (Commissioner, Officer, "commissioning"), (Trust, Chief, "operations") })
        {
            if (settlement["status"]!.GetValue<string>() != "agreed")
                await api.PostAsync(client, $"{settlements}/{settlement["id"]}/agreements", null, purpose, user, "*", accept: HttpStatusCode.Conflict);
        }

        task.Value = 90;
    }

    private async Task<JsonNode> RiskShareAsync(string agreement) =>
        (await api.ListAsync("demo-commissioner", "/v1/contracts/risk-shares?limit=1000", "commissioning"))
            .First(r => r!["agreementId"]!.GetValue<string>() == agreement)!;

    private async Task<double> ActivityAsync(string period)
    {
        const string Area = $"areaKind=system&area={SyntheticSystem.System}";
        var values = await api.ListAsync(
            Operator, $"/v1/metrics/values?metric=emergency_admissions&{Area}&grain=quarter&status=published&from={period}&to={period}", "operations");
        return values.Count > 0 ? values[0]!["numerator"]!.GetValue<double>() : throw new DemoFailed($"No emergency admissions were published for {period}.");
    }

    private async Task ForEachPracticeAsync(ProgressTask task, Func<string, string, Task> act) => await Parallel.ForEachAsync(
        system.Practices, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (practice, _) =>
        {
            await act(practice.Client, practice.Code);
            task.Increment(1);
        });

    private static string FinancialYear(DateOnly day)
    {
        var year = day.Month >= 4 ? day.Year : day.Year - 1;
        return string.Create(CultureInfo.InvariantCulture, $"{year}/{(year + 1) % 100:00}");
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
