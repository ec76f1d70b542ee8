using System.Net.Http.Json;
using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Population.Tests.Persons;

/// <summary>
/// Corrected registrations, moves, deaths and their withdrawals, in any order: person-days and attributed care are what the final history
/// says, computed here day by day.
/// </summary>
public sealed class RegistrationHistoryTests(PopulationScene app) : IClassFixture<PopulationScene>, IAsyncLifetime
{
    private static readonly string[] Practices = ["Y99001", "Y99002", "Y99003"];

    public async ValueTask InitializeAsync()
    {
        await app.BuildAsync();
        using var op = app.Operator;
        using var registered = await op.PostAsJsonAsync("/v1/population/organisations", new { code = "Y99003", name = "Third", kind = "general-practice" });
        registered.EnsureSuccessStatusCode();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A from 2015, then B from June, then corrected to B from March, and the other way round.</summary>
    [Theory]
    [InlineData("2026-06-01", "2026-03-01")]
    [InlineData("2026-03-01", "2026-06-01")]
    [InlineData("2014-03-01", "2026-03-01")]
    public async Task A_corrected_beginning_ends_the_registration_before(string first, string corrected)
    {
        var number = app.NextNhsNumber();
        await LoadAsync([Line(number, "Y99001", "2015-01-01", 1), Line(number, "Y99002", first, 1), Line(number, "Y99002", corrected, 1)]);
        (await app.ScalarAsync<string>(
            """
            SELECT string_agg(concat_ws(' ', practice, from_date, to_date), ', ') FROM population.registration r
            JOIN (SELECT id FROM population.person WHERE nhs_number = $1) p ON p.id = r.person_id
            """, long.Parse(number))).ShouldBe($"Y99001 2015-01-01 {corrected}");
    }

    [Fact]
    public async Task A_thousand_histories_give_exactly_what_the_final_history_says()
    {
        var random = new Random(17);
        var today = LondonTime.Today(app.Clock);
        var first = new DateOnly(today.Year, today.Month, 1).AddMonths(-26);
        var days = new DateOnly(today.Year, today.Month, 1).AddMonths(1).DayNumber - first.DayNumber;
        DateOnly Day() => first.AddDays(random.Next(-200, days - 30));
        var people = Enumerable.Range(0, 1000).Select(n => new Life(app.NextNhsNumber())
        {
            Told = [.. Enumerable.Range(0, 1 + random.Next(6)).Select(_ => (Practices[random.Next(3)], Day(), 2 + random.Next(9)))],
            Care = [Day(), Day(), Day()],
        }).ToList();

        // The care of a third is known before the person is, of a third in between, and of the rest at the end.
        int[] careIn = [0, 2, 5];
        for (var round = 0; round < 6; round++)
        {
            await CareAsync(people.Where((_, n) => careIn[n % 3] == round));
            await LoadAsync([.. people.Where(p => p.Told.Count > round)
                .Select(p => Line(p.Number, p.Told[round].Practice, $"{p.Told[round].From:yyyy-MM-dd}", p.Told[round].Decile))]);
            if (round % 2 == 0)
                await DeathsAsync(people.Where(_ => random.Next(5) == 0).ToList(), random, Day);
            if (random.Next(2) == 0)
                await app.DrainOutboxAsync();
        }

        await app.DrainOutboxAsync();
        for (var i = 0; i < 600 && await app.ScalarAsync<long>("SELECT count(*) FROM population.register_dirty") > 0; i++)
            await Task.Delay(50);
        await app.DrainOutboxAsync();

        var expected = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var person in people)
        {
            for (var day = first; day.DayNumber < first.DayNumber + days; day = day.AddDays(1))
            {
                if (person.PracticeOn(day) is { } practice && (person.Died is not { } died || day < died))
                {
                    var key = $"{practice} {day:yyyy-MM} {person.Told[^1].Decile}";
                    expected[key] = expected.GetValueOrDefault(key) + 1;
                }
            }
        }

        var counted = await RowsAsync(
            """
            SELECT concat_ws(' ', practice, to_char(month, 'YYYY-MM'), r ->> 'imdDecile'), sum((r ->> 'personDays')::bigint)::bigint
            FROM metrics.register_count, jsonb_array_elements(rows) AS r WHERE r ->> 'imdDecile' <> '1' GROUP BY 1
            """);
        counted.Count.ShouldBe(expected.Count);
        expected.Where(e => counted.GetValueOrDefault(e.Key) != e.Value).Select(e => $"{e.Key}: {e.Value}, not {counted.GetValueOrDefault(e.Key)}").Take(10)
            .ShouldBeEmpty();

        var attributed = await RowsAsync(
            """
            SELECT concat_ws(' ', record_id, coalesce(practice, '-')), 1::bigint FROM population.record
            WHERE record_id LIKE 'history-%' AND kind = 'condition-recorded'
            """);
        attributed.Count.ShouldBe(3000);
        people.SelectMany(p => p.Care.Select((day, n) => $"history-{p.Number}-{n} {p.PracticeOn(day) ?? "-"}"))
            .Where(a => !attributed.ContainsKey(a)).Take(10).ShouldBeEmpty();
    }

    private async Task LoadAsync(IReadOnlyList<string> lines)
    {
        using var op = app.Operator;
        // Of one number a body takes the first line: those that follow are sent after it.
        foreach (var line in lines.GroupBy(l => JsonDocument.Parse(l).RootElement.GetProperty("nhsNumber").GetString()).Any(g => g.Count() > 1)
            ? lines : [string.Join('\n', lines)])
            (await op.PostAsync("/v1/population/persons", line, 200, mediaType: "application/x-ndjson")).GetProperty("rejected").GetInt32().ShouldBe(0);
    }

    private Task CareAsync(IEnumerable<Life> people) => PostAsync(people.SelectMany(p => p.Care.Select((day, n) => Event($"history-{p.Number}-{n}", p.Number,
        "condition-recorded", new { recordId = $"history-{p.Number}-{n}", recordVersion = 1, code = "F32", onset = $"{day:yyyy-MM-dd}" }))));

    private Task DeathsAsync(IReadOnlyList<Life> people, Random random, Func<DateOnly> day) => PostAsync(people.Select(p =>
    {
        p.Died = p.Died is null || random.Next(2) == 0 ? day() : null;
        p.Deaths++;
        return Event($"history-death-{p.Number}-{p.Deaths}", p.Number, "death-recorded", new
        {
            recordId = $"history-death-{p.Number}",
            recordVersion = p.Deaths,
            status = p.Died is null ? "cancelled" : null,
            date = p.Died is { } died ? $"{died:yyyy-MM-dd}" : null,
        });
    }));

    private async Task PostAsync(IEnumerable<object> events)
    {
        var lines = events.Select(e => JsonSerializer.Serialize(e, SharedJson.Wire)).ToList();
        if (lines.Count == 0)
            return;
        using var trust = app.Trust;
        (await trust.PostAsync("/v1/population/events", string.Join('\n', lines), 200, mediaType: "application/x-ndjson")).GetProperty("accepted").GetInt32()
            .ShouldBe(lines.Count);
    }

    private static object Event(string id, string number, string kind, object data) => new
    {
        specversion = "1.0",
        id,
        source = "urn:ods:RZ1",
        type = $"uk.integratedcare.{kind}.v1",
        subject = number,
        data,
    };

    private static string Line(string number, string practice, string from, int decile) => JsonSerializer.Serialize(new
    {
        nhsNumber = number,
        familyName = "Test",
        givenName = "Person",
        birthDate = "1940-05-01",
        sex = "2",
        practice,
        registeredFrom = from,
        imdDecile = decile,
    }, SharedJson.Wire);

    private async Task<Dictionary<string, long>> RowsAsync(string sql)
    {
        var rows = new Dictionary<string, long>();
        await using var connection = await app.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0), reader.GetInt64(1));
        return rows;
    }

    /// <summary>What was told of a person, in that order: the same practice again corrects when that registration began, another one is a move.</summary>
    private sealed class Life(string number)
    {
        public string Number => number;
        public required List<(string Practice, DateOnly From, int Decile)> Told { get; init; }
        public required List<DateOnly> Care { get; init; }
        public DateOnly? Died { get; set; }
        public int Deaths { get; set; }

        /// <summary>On a day the last registration that had begun by then holds.</summary>
        public string? PracticeOn(DateOnly day)
        {
            var registrations = new List<(string Practice, DateOnly From)>();
            foreach (var (practice, from, _) in Told)
            {
                if (registrations.Count > 0 && registrations[^1].Practice == practice)
                    registrations.RemoveAt(registrations.Count - 1);
                registrations.Add((practice, from));
            }

            return registrations.FindLastIndex(r => r.From <= day) is var at and >= 0 ? registrations[at].Practice : null;
        }
    }
}
