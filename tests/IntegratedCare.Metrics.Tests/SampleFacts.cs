using System.Globalization;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.Metrics.Facts;
using IntegratedCare.Metrics.Values;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Metrics.Tests;

/// <summary>What Population and Care Pathways would publish, for tests.</summary>
internal static class SampleFacts
{
    public static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public static async Task SendAsync<TEvent>(this TestApp app, params TEvent[] events) where TEvent : IEvent
    {
        await app.PublishAsync(events);
        await app.DrainOutboxAsync();
    }

    public static Task SendFactsAsync(this TestApp app, params CareFact[] facts) => app.SendAsync(new CareFactsRecorded(facts));

    public static Task FreshAsync(this TestApp app) => app.Services.GetRequiredService<LiveValueWorker>().CatchUpAsync();

    /// <summary>An ordinary emergency admission; times are given in London as 2026-07-14 or 2026-07-14T09:30.</summary>
    public static CareFact Spell(
        string recordId, Guid person, string admitted, string? discharged, string practice = "Y99001", string? locality = "LOC1",
        long version = 1, bool cancelled = false, string method = "21", string patientClass = "1", string[]? diagnoses = null)
    {
        var start = London(admitted);
        return new CareFact("RZ1", recordId, version, cancelled, "inpatient-spell", person, start, discharged is null ? null : London(discharged),
            LondonTime.DateOf(start), practice, locality, null, locality is null ? null : "SYS1",
            71, "2", 3, "RZ1", Data: RawJson.Of(new Spell(method, "19", patientClass, diagnoses ?? ["I639"], null)));
    }

    public static PracticeMonth Month(string practice, string month, long persons, string? locality = "LOC1", long version = 1)
    {
        var first = DateOnly.ParseExact(month + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var days = first.AddMonths(1).DayNumber - first.DayNumber;
        return new PracticeMonth(practice, locality, null, locality is null ? null : "SYS1", first, version,
            persons == 0 ? [] : [new RegisterCount("2", "70-74", 3, persons * days)]);
    }

    public static HighRiskConfirmed OnRegister(Guid person, string from, long version = 1, string? to = null, string practice = "Y99001") => new(
        new PersonSummary(person, practice, "LOC1", 71, "2", []), null, "SYS1", "top-2", 12.5, to is null ? "confirmed" : "ended",
        Day(from), to is null ? null : Day(to), practice, version);

    public static PlanChanged Plan(
        Guid episode, Guid person, string from, int version = 1, string? ended = null, bool anticipatory = true, string practice = "Y99001") => new(
        new EpisodeRef(episode, "high-risk-patient-programme", 1, person, practice, "LOC1"),
            version, anticipatory, Day(from), ended is null ? null : Day(ended),
        LondonTime.StartOf(Day(ended ?? from)).AddMinutes(version));

    public static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateTimeOffset London(string text) => text.Length == 10
        ? LondonTime.At(Day(text), new TimeOnly(10, 0))
        : LondonTime.At(Day(text[..10]), TimeOnly.ParseExact(text[11..], "HH:mm", CultureInfo.InvariantCulture));
}
