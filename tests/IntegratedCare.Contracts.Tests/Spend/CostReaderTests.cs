using System.Globalization;
using IntegratedCare.Contracts.Spend;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Contracts.Tests.Spend;

/// <summary>Every test has a system, and practices, of its own.</summary>
public sealed class CostReaderTests(TestApp app) : IClassFixture<TestApp>
{
    private static readonly Period Quarter = Period.Parse("2026-Q2")!;
    private static readonly Period Year = Period.Parse("2026/27")!;

    [Fact]
    public async Task Facts_and_counts_reach_the_reader_by_their_events()
    {
        var person = Guid.CreateVersion7();
        await SendAsync(new CareFactsRecorded([Spell("EV", "a", person, "2026-05-01", 1_000.10m, 650.05m)]));
        await SendAsync(new RegisterCounted([Month("EV-P", "EV", "2026-05", [("70-74", 310)])]));
        var input = await ReadAsync(CostScope.TotalCost(CostScope.System, "EV"), Period.Parse("2026-05")!);
        input.ShouldBe(new CostInput(input.Scope, "2026-05", 10.00m, 1, 1, 1, 0, 0, new(1_000.10m, 0.00m, 1_000.10m, 0), new(650.05m, 0.00m, 650.05m, 0), 1,
            1));
        input.AtCost.After.Scale.ShouldBe((byte)2);
    }

    /// <summary>Versions that amend, withdraw, lose their money, change kind, or name another person, practice or day, in many orders, some twice.</summary>
    [Fact]
    public async Task The_highest_version_counts_whatever_the_order()
    {
        var counted = 0L;
        for (var order = 0; order < 25; order++)
        {
            var system = $"ORD{order}";
            // The same history each time, in another order.
            var (facts, counts, deaths) = History(new Random(41), system);
            var random = new Random(order);
            var mixed = facts.Concat(facts.Where(_ => random.Next(3) == 0)).ToArray();
            random.Shuffle(mixed);
            var months = counts.ToArray();
            random.Shuffle(months);
            var died = deaths.ToArray();
            random.Shuffle(died);
            await InSessionAsync(async connection =>
            {
                foreach (var chunk in mixed.Chunk(random.Next(1, 40)))
                    await CostStore.UpsertFactsAsync(connection, chunk, default);
                foreach (var chunk in months.Chunk(random.Next(1, 4)))
                    await CostStore.UpsertCountsAsync(connection, chunk, default);
                foreach (var one in died)
                    await CostStore.UpsertDeathsAsync(connection, [one], default);
                return 0;
            });
            var scopes = Scopes(system);
            foreach (var period in new[] { Quarter, Year, Period.Parse("2026-06")! })
            {
                var together = await InSessionAsync(connection => CostReader.ReadAsync(connection, scopes, period, default));
                for (var i = 0; i < scopes.Count; i++)
                {
                    together[i].ShouldBe(Expected(scopes[i], period, facts, counts, deaths), $"order {order}, {scopes[i]}");
                    counted += together[i].Records;
                    if (order == 0)
                        (await ReadAsync(scopes[i], period)).ShouldBe(together[i], "alone");
                }
            }
        }

        counted.ShouldBeGreaterThan(10_000);
    }

    [Fact]
    public async Task What_is_withdrawn_or_attributed_elsewhere_leaves_its_place()
    {
        var (one, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var a = Spell("MV", "a", one, "2026-05-01", 100m, 60m);
        var b = Spell("MV", "b", other, "2026-05-02", 200m, 120m);
        await KeepAsync(a, b);
        var (first, second) = (CostScope.TotalCost(CostScope.Practice, "MV-P"), CostScope.TotalCost(CostScope.Practice, "MV-P2"));
        (await ReadAsync(first, Quarter)).AtCost.Before.ShouldBe(180.00m);

        await KeepAsync(a with { Version = 2, Practice = "MV-P2", Locality = "MV-L2" }, b with { Version = 3, Cancelled = true });
        await KeepAsync(b with { Version = 2, Cost = 999m });
        (await ReadAsync(first, Quarter)).ShouldBe(Nothing(first));
        (await ReadAsync(second, Quarter)).AtPrice.Before.ShouldBe(100.00m);
        (await ReadAsync(CostScope.TotalCost(CostScope.Locality, "MV-L2"), Quarter)).Records.ShouldBe(1);

        await KeepAsync(a with { Version = 3, Practice = null, Locality = null, Place = null, System = null });
        (await ReadAsync(second, Quarter)).ShouldBe(Nothing(second));
    }

    /// <summary>
    /// Persons of 300 + 250.50, 400 and 400.01 pounds at price, at a limit of 400: cut 150.50 and 0.01. At cost 330.30, 240 and
    /// 240.01: nothing is cut.
    /// </summary>
    [Fact]
    public async Task What_one_person_comes_to_above_the_limit_is_cut()
    {
        var persons = Enumerable.Range(0, 3).Select(_ => Guid.CreateVersion7()).ToArray();
        await KeepAsync(
            Spell("TR", "a", persons[0], "2026-04-01", 300m, 180m), Spell("TR", "b", persons[0], "2026-06-30", 250.50m, 150.30m),
            Spell("TR", "c", persons[1], "2026-05-01", 400m, 240m), Spell("TR", "d", persons[2], "2026-05-01", 400.01m, 240.01m));
        var input = await ReadAsync(CostScope.TotalCost(CostScope.System, "TR", 400m), Quarter);
        input.AtPrice.ShouldBe(new CostSpend(1_350.51m, 150.51m, 1_200.00m, 2));
        input.AtCost.ShouldBe(new CostSpend(810.31m, 0.00m, 810.31m, 0));
        (await ReadAsync(CostScope.TotalCost(CostScope.System, "TR", 0m), Quarter)).AtCost.ShouldBe(new CostSpend(810.31m, 810.31m, 0.00m, 3));
        // In the first month alone, the first person has one record and is below the limit.
        (await ReadAsync(CostScope.TotalCost(CostScope.System, "TR", 400m), Period.Parse("2026-04")!)).AtPrice.ShouldBe(new CostSpend(300.00m,
            0.00m, 300.00m, 0));
    }

    [Fact]
    public async Task Kinds_methods_classes_and_providers_that_are_excluded_do_not_count()
    {
        var person = Guid.CreateVersion7();
        await KeepAsync(
            Spell("EX", "emergency", person, "2026-05-01", 1m, 1m, method: "2a"),
            Spell("EX", "elective", person, "2026-05-01", 10m, 10m, method: "11"),
            Spell("EX", "day-case", person, "2026-05-01", 100m, 100m, patientClass: "2"),
            Spell("EX", "elsewhere", person, "2026-05-01", 1_000m, 1_000m) with { Provider = "RZ9" },
            Spell("EX", "attendance", person, "2026-05-01", 10_000m, 10_000m) with
            {
                Kind = CostKinds.EmergencyAttendance,
                Data = null
            },
            Spell("EX", "condition", person, "2026-05-01", null, null) with { Kind = "condition-recorded", Version = 2 },
            Spell("EX", "no-provider", person, "2026-05-01", 100_000m, 100_000m) with { Provider = null });
        async Task<decimal> SpendAsync(Func<CostScope, CostScope> with) =>
            (await ReadAsync(with(CostScope.TotalCost(CostScope.System, "EX")), Quarter)).AtPrice.Before;
        (await SpendAsync(s => s)).ShouldBe(111_111m);
        (await SpendAsync(s => s with { ExcludedProviders = ["RZ9", "RZ8"] })).ShouldBe(110_111m);
        (await SpendAsync(s => s with { Kinds = [CostKinds.InpatientSpell] })).ShouldBe(101_111m);
        // An attendance has no admission method, and is not asked for one.
        (await SpendAsync(s => s with { AdmissionMethods = CostScope.EmergencyMethods })).ShouldBe(111_101m);
        (await SpendAsync(_ => CostScope.NonElective(CostScope.System, "EX"))).ShouldBe(101_001m);
    }

    [Fact]
    public async Task Ages_are_those_of_the_day_of_care_and_both_limits_are_within()
    {
        var facts = new int?[] { 64, 65, 74, 75, null }
            .Select((age, i) => Spell("AG", $"{i}", Guid.CreateVersion7(), "2026-05-01", (decimal)Math.Pow(10, i), 1m) with { Age = age });
        await KeepAsync([.. facts]);
        var whole = CostScope.TotalCost(CostScope.System, "AG");
        (await ReadAsync(whole with { AgeFrom = 65, AgeTo = 74 }, Quarter)).AtPrice.Before.ShouldBe(110m);
        (await ReadAsync(whole with { AgeFrom = 65 }, Quarter)).AtPrice.Before.ShouldBe(1_110m);
        (await ReadAsync(whole with { AgeTo = 64 }, Quarter)).AtPrice.Before.ShouldBe(1m);
        (await ReadAsync(whole with { AgeFrom = 0 }, Quarter)).AtPrice.Before.ShouldBe(1_111m, "an unknown age is within no limit");
        (await ReadAsync(whole, Quarter)).AtPrice.Before.ShouldBe(11_111m);
    }

    /// <summary>In summer London is an hour ahead of UTC: half past eleven at night in UTC is the next day.</summary>
    [Fact]
    public async Task The_day_in_London_decides_the_period()
    {
        var person = Guid.CreateVersion7();
        await KeepAsync(
            At("before", "2026-03-31T22:59:59Z", 1m), At("first", "2026-03-31T23:00:00Z", 10m),
            At("last", "2026-06-30T22:59:59Z", 100m), At("after", "2026-06-30T23:00:00Z", 1_000m));
        (await ReadAsync(CostScope.TotalCost(CostScope.System, "LN"), Quarter)).AtPrice.Before.ShouldBe(110m);
        (await ReadAsync(CostScope.TotalCost(CostScope.System, "LN"), Period.Parse("2026-07")!)).AtPrice.Before.ShouldBe(1_000m);
        (await ReadAsync(CostScope.TotalCost(CostScope.System, "LN"), Period.Parse("2025/26")!)).AtPrice.Before.ShouldBe(1m);

        CareFact At(string record, string at, decimal price)
        {
            var start = DateTimeOffset.Parse(at, CultureInfo.InvariantCulture);
            return Spell("LN", record, person, "2026-05-01", price, price) with { Start = start, Day = LondonTime.DateOf(start) };
        }
    }

    [Fact]
    public async Task Records_without_a_price_or_cost_are_counted_as_such()
    {
        var person = Guid.CreateVersion7();
        await KeepAsync(Spell("NO", "a", person, "2026-05-01", 100m, null), Spell("NO", "b", person, "2026-05-01", null, 60m),
            Spell("NO", "c", person, "2026-05-01", null, null) with { Version = 4 });
        var input = await ReadAsync(CostScope.TotalCost(CostScope.System, "NO"), Quarter);
        (input.Records, input.WithoutPrice, input.WithoutCost, input.PersonsWithCare).ShouldBe((3, 2, 2, 1));
        (input.AtPrice.After, input.AtCost.After, input.HighestVersion, input.Versions).ShouldBe((100m, 60m, 4, 6));
    }

    [Fact]
    public async Task Persons_are_person_days_over_the_days_of_the_period()
    {
        await InSessionAsync(async connection =>
        {
            await CostStore.UpsertCountsAsync(connection, [
                Month("RG-P", "RG", "2026-04", [("0-4", 30), ("65-69", 60), ("90+", 31)]),
                Month("RG-P", "RG", "2026-05", [("65-69", 62)]),
                Month("RG-P2", "RG", "2026-05", [("65-69", 31), ("unheard of", 1)]),
                Month("RG-P", "RG", "2026-07", [("65-69", 3_100)])], default);
            await CostStore.UpsertCountsAsync(connection, [Month("RG-P2", "RG", "2026-05", [("0-4", 1_000_000)], version: 0)], default);
            return 0;
        });
        var whole = CostScope.TotalCost(CostScope.System, "RG");
        // (30 + 60 + 31 + 62 + 31 + 1) / 91 days.
        var all = await ReadAsync(whole, Quarter);
        (all.Persons, all.MonthsCounted, all.Records).ShouldBe((2.36m, 2, 0));
        (await ReadAsync(whole with { AgeFrom = 65, AgeTo = 69 }, Quarter)).Persons.ShouldBe(1.68m);
        (await ReadAsync(whole with { AgeFrom = 65 }, Quarter)).Persons.ShouldBe(2.02m);
        (await ReadAsync(whole with { AgeFrom = 18 }, Quarter)).Persons.ShouldBeNull();
        (await ReadAsync(CostScope.TotalCost(CostScope.Practice, "RG-P2"), Quarter)).Persons.ShouldBe(0.35m);

        // A later count replaces the month, also where nobody is left.
        await InSessionAsync(async connection =>
        {
            await CostStore.UpsertCountsAsync(connection, [Month("RG-P2", "RG", "2026-05", [], version: 2)], default);
            return 0;
        });
        (await ReadAsync(CostScope.TotalCost(CostScope.Practice, "RG-P2"), Quarter)).Persons.ShouldBe(0m);
    }

    /// <summary>£70 a week, £10 a day: what a service costs follows its days, not the day it began.</summary>
    [Fact]
    public async Task A_weekly_service_costs_for_the_days_it_runs()
    {
        var (person, dead) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await KeepAsync(
            Service("ended", person, "2026-03-22", "2026-04-11"), Service("one-day", person, "2026-05-05", "2026-05-05"),
            Service("over", person, "2026-01-01", "2026-04-01"), Service("later", person, "2026-07-01", null));
        var scope = CostScope.TotalCost(CostScope.System, "WK", 50m);
        // 10 days of April and the one of May.
        var input = await ReadAsync(scope, Quarter);
        (input.Records, input.AtCost, input.AtPrice).ShouldBe((2, new CostSpend(110.00m, 60.00m, 50.00m, 1), new CostSpend(110.00m, 60.00m, 50.00m, 1)));

        // One that goes on counts to the end of the period, unless its person dies: the day of death is the last.
        await KeepAsync(Service("open", dead, "2026-06-01", null));
        (await ReadAsync(scope, Quarter)).AtCost.Before.ShouldBe(410.00m);
        await SendAsync(new PersonDied(dead, new DateOnly(2026, 6, 10), 1));
        (await ReadAsync(scope, Quarter)).AtCost.Before.ShouldBe(210.00m);
        await SendAsync(new DeathWithdrawn(dead, 2));
        (await ReadAsync(scope, Quarter)).AtCost.Before.ShouldBe(410.00m);

        static CareFact Service(string record, Guid person, string from, string? to) => Spell("WK", record, person, from, null, 70m) with
        {
            Kind = CostKinds.SocialCareService,
            Data = null,
            Start = LondonTime.StartOf(Day(from)),
            End = to is null ? null : LondonTime.StartOf(Day(to)),
        };
    }

    [Fact]
    public async Task A_scope_that_cannot_be_measured_is_refused()
    {
        (await Should.ThrowAsync<ArgumentException>(() =>
            ReadAsync(new CostScope("ward", "A1", null, null, CostKinds.All), Quarter))).Message.ShouldContain("kind of area");
        (await InSessionAsync(connection => CostReader.ReadAsync(connection, [], Quarter, default))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_condition_that_never_carried_money_is_not_kept_but_what_follows_money_is()
    {
        var person = Guid.CreateVersion7();
        await KeepAsync(Spell("KP", "condition", person, "2026-05-01", null, null) with { Kind = "condition-recorded" });
        await KeepAsync(Spell("KP", "was-spell", person, "2026-05-01", null, null) with { Kind = "condition-recorded", Version = 2 });
        await KeepAsync(Spell("KP", "was-spell", person, "2026-05-01", 500m, 500m));
        (await app.ScalarAsync<long>("SELECT count(*) FROM contracts.cost_fact WHERE source = 'KP'")).ShouldBe(1);
        (await ReadAsync(CostScope.TotalCost(CostScope.System, "KP"), Quarter)).Records.ShouldBe(0);
    }

    private static CostInput Nothing(CostScope scope) => new(scope, Quarter.Label, 0m, 0, 0, 0, 0, 0, new(0m, 0m, 0m, 0), new(0m, 0m, 0m, 0), 0, 0);

    private static List<CostScope> Scopes(string system) =>
    [
        CostScope.TotalCost(CostScope.System, system),
        CostScope.TotalCost(CostScope.System, system, 2_000m),
        CostScope.NonElective(CostScope.System, system, 1_500m),
        CostScope.TotalCost(CostScope.Practice, $"{system}-P1", 1_000m),
        CostScope.TotalCost(CostScope.Practice, $"{system}-P2") with { AgeFrom = 65 },
        CostScope.TotalCost(CostScope.Locality, $"{system}-L0") with { ExcludedProviders = ["RZ2"] },
        CostScope.TotalCost(CostScope.Place, $"{system}-X") with { AgeFrom = 18, AgeTo = 70, Kinds = [CostKinds.SocialCareService] },
        CostScope.TotalCost(CostScope.Practice, "NOBODY"),
    ];

    private static (List<CareFact> Facts, List<PracticeMonth> Counts, List<(Guid Person, DateOnly? Date, long Version)> Deaths) History(Random random,
        string system)
    {
        var persons = Enumerable.Range(0, 30).Select(_ => Guid.CreateVersion7()).ToArray();
        var facts = new List<CareFact>();
        for (var record = 0; record < 150; record++)
        {
            var versions = random.Next(1, 5);
            for (var version = 1; version <= versions; version++)
            {
                var day = new DateOnly(2026, 3, 1).AddDays(random.Next(150));
                var practice = random.Next(5);
                var kind = random.Next(12) == 0 ? "condition-recorded" : CostKinds.All[random.Next(3)];
                var spell = kind == CostKinds.InpatientSpell;
                var condition = kind == "condition-recorded";
                facts.Add(new CareFact(system, $"r{record}", version, random.Next(9) == 0, kind, persons[random.Next(persons.Length)],
                    LondonTime.StartOf(day), random.Next(3) == 0 ? null : LondonTime.StartOf(day.AddDays(random.Next(80))), day,
                    practice == 4 ? null : $"{system}-P{practice}", practice == 4 ? null : $"{system}-L{practice % 2}", $"{system}-X", system,
                    random.Next(15) == 0 ? null : random.Next(95), "2", 3, random.Next(2) == 0 ? "RZ1" : "RZ2",
                    Data: spell ? RawJson.Of(new CostStore.Spell(random.Next(3) == 0 ? "11" : "2A", random.Next(5) == 0 ? "2" : "1")) : null,
                    Price: condition || random.Next(6) == 0 ? null : random.Next(200_000) / 100m,
                    Cost: condition || random.Next(6) == 0 ? null : random.Next(150_000) / 100m));
            }
        }

        var counts = new List<PracticeMonth>();
        foreach (var (practice, month, version) in from p in Enumerable.Range(0, 3)
                                                   from m in Enumerable.Range(3, 5)
                                                   from v in Enumerable.Range(1, 3)
                                                   select (p,
            m, v))
        {
            counts.Add(Month($"{system}-P{practice}", system, $"2026-{month:00}",
                [("0-4", random.Next(500)), ("65-69", random.Next(900)), ("90+", random.Next(90))], version,
                random.Next(4) == 0 ? $"{system}-L1" : $"{system}-L0"));
        }

        var deaths = new List<(Guid, DateOnly?, long)>();
        foreach (var person in persons.Take(10))
        {
            deaths.Add((person, new DateOnly(2026, 4, 1).AddDays(random.Next(90)), 1));
            if (random.Next(2) == 0)
                deaths.Add((person, random.Next(2) == 0 ? null : new DateOnly(2026, 5, 1).AddDays(random.Next(60)), 2));
        }

        return (facts, counts, deaths);
    }

    /// <summary>The same by plain arithmetic over the last version of each record.</summary>
    private static CostInput Expected(CostScope scope, Period period, List<CareFact> facts, List<PracticeMonth> counts,
        List<(Guid Person, DateOnly? Date, long Version)> deaths)
    {
        var (first, next) = (period.First, period.Last.AddDays(1));
        var died = deaths.GroupBy(d => d.Person).ToDictionary(g => g.Key, g => g.MaxBy(d => d.Version).Date);
        var counted = new List<(CareFact Fact, decimal? Price, decimal? Cost)>();
        foreach (var fact in facts.GroupBy(f => f.RecordId).Select(g => g.MaxBy(f => f.Version)!).Where(f => !f.Cancelled && scope.Kinds.Contains(f.Kind)))
        {
            var area = scope.AreaKind switch { "practice" => fact.Practice, "locality" => fact.Locality, "place" => fact.Place, _ => fact.System };
            if (area != scope.Area || scope.ExcludedProviders?.Contains(fact.Provider!) == true)
                continue;
            if (fact.DataAs<CostStore.Spell>() is { } spell
                && (scope.AdmissionMethods?.Contains(spell.AdmissionMethod!) == false || scope.PatientClasses?.Contains(spell.PatientClass!) == false))
                continue;
            if ((scope.AgeFrom is not null || scope.AgeTo is not null) && !(fact.Age >= (scope.AgeFrom ?? 0) && fact.Age <= (scope.AgeTo ?? 200)))
                continue;
            if (fact.Kind != CostKinds.SocialCareService)
            {
                if (fact.Day >= first && fact.Day < next)
                    counted.Add((fact, fact.Price, fact.Cost));
                continue;
            }

            // Day by day, and then the difference of what had come due before and after.
            var days = new List<DateOnly>();
            for (var day = fact.Day; day < next; day = day.AddDays(1))
            {
                var over = fact.End is { } end && day >= LondonTime.DateOf(end) && day > fact.Day;
                if (!over && !(died.GetValueOrDefault(fact.PersonId) is { } death && day > death))
                    days.Add(day);
            }

            if (days.Any(d => d >= first))
                counted.Add((fact, Due(fact.Price ?? fact.Cost), Due(fact.Cost)));

            decimal? Due(decimal? weekly) => weekly is { } w ? Round(w * days.Count / 7) - Round(w * days.Count(d => d < first) / 7) : null;
        }

        CostSpend Spend(Func<(CareFact, decimal? Price, decimal? Cost), decimal?> amount)
        {
            var persons = counted.GroupBy(c => c.Fact.PersonId).Select(g => g.Sum(c => amount(c) ?? 0)).ToList();
            var (before, after) = (persons.Sum(), persons.Sum(p => Math.Min(p, scope.TruncateAt ?? decimal.MaxValue)));
            return new CostSpend(before, before - after, after, persons.Count(p => p > scope.TruncateAt));
        }

        var registers = counts.GroupBy(c => (c.Practice, c.Month)).Select(g => g.MaxBy(c => c.Version)!)
            .Where(c => c.Month >= first && c.Month < next
                && scope.Area == scope.AreaKind switch { "practice" => c.Practice, "locality" => c.Locality, "place" => c.Place, _ => c.System }).ToList();
        decimal? bands = (scope.AgeFrom, scope.AgeTo) switch
        {
            (null, null) => registers.Sum(c => c.Rows.Sum(r => r.PersonDays)),
            (65, null) => registers.Sum(c => c.Rows.Where(r => r.AgeBand is "65-69" or "90+").Sum(r => r.PersonDays)),
            _ => null,
        };
        return new CostInput(scope, period.Label, bands is { } b ? Round(b / (next.DayNumber - first.DayNumber)) : null,
            registers.Select(c => c.Month).Distinct().Count(),
            counted.Select(c => c.Fact.PersonId).Distinct().Count(), counted.Count, counted.Count(c => c.Price is null), counted.Count(c => c.Cost is null),
            Spend(c => c.Price), Spend(c => c.Cost), counted.Select(c => c.Fact.Version).DefaultIfEmpty().Max(), counted.Sum(c => c.Fact.Version));

        static decimal Round(decimal value) => Math.Round(value, 2, MidpointRounding.AwayFromZero);
    }

    private static CareFact Spell(string system, string record, Guid person, string day, decimal? price, decimal? cost, string method = "21",
        string patientClass = "1") =>
        new(system, record, 1, false, CostKinds.InpatientSpell, person, LondonTime.At(Day(day), new TimeOnly(10, 0)), null, Day(day), $"{system}-P",
            $"{system}-L", $"{system}-X", system, 71, "2", 3,
            "RZ1", price, cost, RawJson.Of(new CostStore.Spell(method, patientClass)));

    private static PracticeMonth Month(string practice, string system, string month, (string Band, long Days)[] rows, long version = 1,
        string? locality = null) =>
        new(practice, locality ?? $"{system}-L", $"{system}-X", system, Day(month + "-01"), version,
            [.. rows.Select(r => new RegisterCount("2", r.Band, 3, r.Days))]);

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private Task KeepAsync(params CareFact[] facts) => InSessionAsync(async connection =>
    {
        await CostStore.UpsertFactsAsync(connection, facts, default);
        return 0;
    });

    private async Task<CostInput> ReadAsync(CostScope scope, Period period) =>
        (await InSessionAsync(connection => CostReader.ReadAsync(connection, [scope], period, default))).ShouldHaveSingleItem();

    private async Task<T> InSessionAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        await using var session = app.Services.GetRequiredService<ModuleSessions<ContractsSession>>().Open();
        return await work(await session.ConnectionAsync());
    }

    private async Task SendAsync<TEvent>(TEvent @event) where TEvent : IEvent
    {
        await app.PublishAsync(@event);
        await app.DrainOutboxAsync();
    }
}
