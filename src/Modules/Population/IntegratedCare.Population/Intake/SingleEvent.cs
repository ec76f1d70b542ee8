using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>One CloudEvent in structured mode: 202 when it is new, 200 when it was posted before, 409 when its id or its version of the record was used for another.</summary>
internal sealed class SingleEvent(EventInbound inbound) : IEventFormat
{
    public const string Type = "application/cloudevents+json";

    public string MediaType => Type;

    public async Task<IResult> TakeAsync(HttpContext http, EventPoster poster, CancellationToken ct)
    {
        using var json = await JsonDocument.ParseAsync(http.Request.Body, EventPoster.Json, ct);
        var (careEvent, _, problem) = poster.Read(json.RootElement);
        if (problem is not null)
            throw problem;
        var outcome = (await inbound.StoreAsync([careEvent!], poster.Access, ct))[0];
        if (outcome.Refusal() is { } refusal)
            throw refusal;
        http.Response.Headers.Location = $"/v1/population/events/{EventInbound.KeyOf(careEvent!.Source, careEvent.Id)}";
        return outcome == EventOutcome.Stored
            ? TypedResults.Json(new EventAnswer(careEvent.Id, "accepted"), statusCode: 202)
            : TypedResults.Ok(new EventAnswer(careEvent.Id, "duplicate"));
    }
}
