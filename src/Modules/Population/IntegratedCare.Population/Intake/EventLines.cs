using System.Text.Json;
using IntegratedCare.Population.Loads;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>NDJSON of CloudEvents, of any length: stored a thousand at a time, and answered with a load's counts.</summary>
internal sealed class EventLines(EventInbound inbound, ModuleSessions<PopulationSession> sessions) : IEventFormat
{
    public const string Type = "application/x-ndjson";

    public string MediaType => Type;

    public async Task<IResult> TakeAsync(HttpContext http, EventPoster poster, CancellationToken ct)
    {
        http.UnlimitedBody();
        var load = await sessions.BeginLoadAsync("events", poster.Access, ct);
        var lines = new NdjsonLines(http.Request.Body);
        var events = new List<CareEvent>();
        var rejects = new List<RejectedLine>();
        var held = 0L;
        try
        {
            while (await lines.NextAsync(ct))
            {
                var (careEvent, problem) = ReadLine(poster, lines);
                if (careEvent is not null)
                {
                    events.Add(careEvent);
                    held += careEvent.Payload.Length;
                }
                else
                {
                    var text = lines.Text;
                    rejects.Add(RejectedLine.Of(lines.Line, problem!.Type.Code, problem.Errors ?? [], text));
                    held += sizeof(char) * text.Length;
                }

                if (events.Count + rejects.Count >= IEventFormat.MaxInBatch || held >= Load.MaxHeldBytes)
                    await FlushAsync();
            }

            await FlushAsync();
        }
        catch
        {
            await sessions.EndAsync(load, Load.Interrupted, CancellationToken.None);
            throw;
        }

        return TypedResults.Ok(LoadView.Of(await sessions.EndAsync(load, Load.Complete, CancellationToken.None)));

        async Task FlushAsync()
        {
            var stored = await inbound.StoreAsync(events, poster.ClientId, ct);
            var accepted = stored.Count(s => s);
            await using var session = sessions.Open();
            var counted = load.Count(accepted, stored.Length - accepted, rejects.Count);
            await session.RejectAsync(load, rejects, ct);
            session.Update(counted);
            await session.SaveChangesAsync(ct);
            load = counted;
            events.Clear();
            rejects.Clear();
            held = 0;
        }
    }

    private static (CareEvent? Event, RequestRefused? Problem) ReadLine(EventPoster poster, NdjsonLines lines)
    {
        if (lines.Overlong)
            return (null, new RequestRefused(PopulationProblems.InvalidLine, "", [new FieldError("", "The line is too long.")]));
        try
        {
            using var json = JsonDocument.Parse(lines.Memory, EventPoster.Json);
            var (careEvent, _, problem) = poster.Read(json.RootElement);
            return (careEvent, problem);
        }
        catch (JsonException e)
        {
            return (null, new RequestRefused(PopulationProblems.InvalidLine, "", [ProblemWriter.JsonFault(e)]));
        }
        catch (InvalidOperationException e) when (ProblemWriter.IsBrokenText(e))
        {
            return (null, new RequestRefused(PopulationProblems.InvalidLine, "", [new FieldError("", "It holds text that is not Unicode.")]));
        }
    }
}
