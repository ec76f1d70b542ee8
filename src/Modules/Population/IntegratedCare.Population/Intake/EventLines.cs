using System.Text;
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
        var lineOf = new List<long>();
        var rejects = new List<RejectedLine>();
        var held = 0L;
        try
        {
            while (await lines.NextAsync(ct))
            {
                var (careEvent, problem, owner) = ReadLine(poster, lines);
                if (careEvent is not null)
                {
                    events.Add(careEvent);
                    lineOf.Add(lines.Line);
                    held += careEvent.Payload.Length;
                }
                else
                {
                    var text = lines.Text;
                    rejects.Add(RejectedLine.Of(load.Id, owner, lines.Line, problem!.Type.Code, problem.Errors ?? [], text));
                    held += sizeof(char) * text.Length;
                }

                if (events.Count + rejects.Count >= IEventFormat.MaxInBatch || held >= Load.MaxHeldBytes)
                {
                    load.RequireFewRejects();
                    await FlushAsync();
                }
            }

            if (events.Count + rejects.Count > 0)
                load.RequireFewRejects();
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
            var stored = await inbound.StoreAsync(events, poster.Access, ct);
            for (var i = 0; i < stored.Length; i++)
            {
                if (stored[i].Refusal() is { } refusal)
                    rejects.Add(RejectedLine.Of(load.Id, CareEventReader.OrganisationOf(events[i].Source), lineOf[i], refusal.Type.Code, refusal.Errors ?? [],
                        Encoding.UTF8.GetString(events[i].Payload)));
            }

            await using var session = sessions.Open();
            var counted = load.Count(stored.Count(s => s == EventOutcome.Stored), stored.Count(s => s == EventOutcome.Duplicate), rejects.Count);
            await session.RejectAsync(load, rejects, ct);
            session.Update(counted);
            await session.SaveChangesAsync(ct);
            load = counted;
            events.Clear();
            lineOf.Clear();
            rejects.Clear();
            held = 0;
        }
    }

    private static (CareEvent? Event, RequestRefused? Problem, string? Owner) ReadLine(EventPoster poster, NdjsonLines lines)
    {
        if (lines.Overlong)
            return Unreadable(new FieldError("", "The line is too long."));
        try
        {
            using var json = JsonDocument.Parse(lines.Memory, EventPoster.Json);
            var (careEvent, _, problem) = poster.Read(json.RootElement);
            return (careEvent, problem, problem is null ? null : poster.OwnerOf(json.RootElement));
        }
        catch (JsonException e)
        {
            return Unreadable(ProblemWriter.JsonFault(e));
        }
        catch (InvalidOperationException e) when (ProblemWriter.IsBrokenText(e))
        {
            return Unreadable(new FieldError("", "It holds text that is not Unicode."));
        }

        (CareEvent?, RequestRefused?, string?) Unreadable(FieldError fault) =>
            (null, new RequestRefused(PopulationProblems.InvalidLine, "", [fault]), poster.OwnerOfUnreadable);
    }
}
