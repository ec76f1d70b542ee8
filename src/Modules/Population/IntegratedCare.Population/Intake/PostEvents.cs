using IntegratedCare.Population.Loads;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>
/// Takes care events as CloudEvents 1.0: one (structured), a batch, or NDJSON of structured events. Acknowledged after
/// the commit; source and id make a repeat harmless; a bad event never fails its neighbours.
/// </summary>
internal sealed class PostEvents(IEnumerable<IEventFormat> formats, AccessContext access, TimeProvider clock) : CareEndpoint<IResult>
{
    public override void Configure()
    {
        Post("/v1/population/events");
        Access(PopulationScopes.EventsWrite, [Purposes.DirectCare, Purposes.Operations]);
        // Plain JSON is routed here, to be refused with the reason.
        Takes<CloudEventDocument>(SingleEvent.Type, EventBatch.Type, EventLines.Type, "application/json");
        Declare(new NoIdempotencyKey());
        Options(b => b.Produces<EventAnswer>(202).Produces<EventAnswer>(200));
    }

    protected override Task<IResult> HandleAsync(CancellationToken ct)
    {
        var type = HttpContext.MediaType();
        foreach (var format in formats)
        {
            if (format.MediaType == type)
                return format.TakeAsync(HttpContext, new EventPoster(access, clock.GetUtcNow()), ct);
        }

        throw HttpContext.Request.Headers.ContainsKey("ce-specversion")
            ? new RequestRefused(PopulationProblems.BinaryModeRefused, PopulationProblems.BinaryModeRefused.Explanation)
            : new RequestRefused(Problems.UnsupportedMediaType, $"Send {SingleEvent.Type}, {EventBatch.Type} or {EventLines.Type}.");
    }
}
