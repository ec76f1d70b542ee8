using System.Text.Json;
using IntegratedCare.Population.Loads;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>A CloudEvents batch: a JSON array of up to 1,000 events, with an answer for each.</summary>
internal sealed class EventBatch(EventInbound inbound) : IEventFormat
{
    public const string Type = "application/cloudevents-batch+json";
    private const long MaxBytes = 4 * 1024 * 1024;

    public string MediaType => Type;

    public async Task<IResult> TakeAsync(HttpContext http, EventPoster poster, CancellationToken ct)
    {
        http.LimitBody(MaxBytes);
        using var json = await JsonDocument.ParseAsync(http.Request.Body, EventPoster.Json, ct);
        if (json.RootElement.ValueKind != JsonValueKind.Array)
            throw new RequestRefused(Problems.MalformedJson, "A batch is a JSON array of events.");
        if (json.RootElement.GetArrayLength() > IEventFormat.MaxInBatch)
            throw new RequestRefused(PopulationProblems.TooManyEvents, PopulationProblems.TooManyEvents.Explanation);

        var answers = new List<EventAnswer>(json.RootElement.GetArrayLength());
        var events = new List<CareEvent>(answers.Capacity);
        var at = new List<int>(answers.Capacity);
        foreach (var element in json.RootElement.EnumerateArray())
        {
            var (careEvent, id, problem) = poster.Read(element);
            if (careEvent is not null)
            {
                at.Add(answers.Count);
                events.Add(careEvent);
            }

            answers.Add(problem is null ? new EventAnswer(id, "accepted")
                : new EventAnswer(id, "rejected", ProblemWriter.Document(http, problem.Type, problem.Message, problem.Errors)));
        }

        var stored = await inbound.StoreAsync(events, poster.Access, ct);
        for (var i = 0; i < stored.Length; i++)
        {
            if (stored[i] == EventOutcome.Duplicate)
                answers[at[i]] = answers[at[i]] with { Status = "duplicate" };
            else if (stored[i].Refusal() is { } refusal)
                answers[at[i]] = new EventAnswer(events[i].Id, "rejected", ProblemWriter.Document(http, refusal.Type, refusal.Message, refusal.Errors));
        }

        return TypedResults.Ok(answers);
    }
}
