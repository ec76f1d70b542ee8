using System.Text.Json;
using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace IntegratedCare.Population.Features;

/// <summary>
/// Takes care events as CloudEvents 1.0: one (structured), a batch, or NDJSON of structured events. Acknowledged after
/// the commit; source and id make a repeat harmless; a bad event never fails its neighbours.
/// </summary>
internal sealed class PostEvents : IEndpoint
{
    public const string Single = "application/cloudevents+json";
    public const string Batch = "application/cloudevents-batch+json";
    public const string Ndjson = "application/x-ndjson";
    private const int MostInBatch = 1000;
    private const long BatchBytes = 4 * 1024 * 1024;

    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/population/events", Handle)
        .Accepts<CloudEventDocument>(Single, Batch, Ndjson, "application/json")
        .Produces<EventAnswer>(202).Produces<EventAnswer>(200)
        .WithMetadata(new BulkBody(), new NoIdempotencyKey())
        .Access(Scopes.EventsWrite, [Purposes.DirectCare, Purposes.Operations]);

    private static async Task<IResult> Handle(HttpContext http, AccessContext access, EventInbound inbound, TimeProvider clock, LoadStore loads, CancellationToken ct)
    {
        var caller = new Poster(access, clock.GetUtcNow());
        switch (http.MediaType())
        {
            case Single:
                return await SingleAsync(http, caller, inbound, ct);
            case Batch:
                return await BatchAsync(http, caller, inbound, ct);
            case Ndjson:
                return await StreamAsync(http, access, caller, inbound, loads, ct);
            default:
                throw http.Request.Headers.ContainsKey("ce-specversion")
                    ? new RequestRefused(PopulationProblems.BinaryModeRefused, PopulationProblems.BinaryModeRefused.Explanation)
                    : new RequestRefused(Problems.UnsupportedMediaType, $"Send {Single}, {Batch} or {Ndjson}.");
        }
    }

    private static async Task<IResult> SingleAsync(HttpContext http, Poster caller, EventInbound inbound, CancellationToken ct)
    {
        using var json = await JsonDocument.ParseAsync(http.Request.Body, EventJson.Options, ct);
        var (careEvent, _, problem) = caller.Read(json.RootElement, json.RootElement.GetRawText());
        if (problem is not null)
            throw problem;
        var stored = await inbound.StoreAsync([careEvent!], caller.ClientId, ct);
        var location = $"/v1/population/events/{EventInbound.KeyOf(careEvent!.Source, careEvent.Id)}";
        http.Response.Headers.Location = location;
        return stored[0]
            ? TypedResults.Json(new EventAnswer(careEvent.Id, "accepted"), statusCode: 202)
            : TypedResults.Ok(new EventAnswer(careEvent.Id, "duplicate"));
    }

    private static async Task<IResult> BatchAsync(HttpContext http, Poster caller, EventInbound inbound, CancellationToken ct)
    {
        http.LimitBody(BatchBytes);
        using var json = await JsonDocument.ParseAsync(http.Request.Body, EventJson.Options, ct);
        if (json.RootElement.ValueKind != JsonValueKind.Array)
            throw new RequestRefused(Problems.MalformedJson, "A batch is a JSON array of events.");
        if (json.RootElement.GetArrayLength() > MostInBatch)
            throw new RequestRefused(PopulationProblems.TooManyEvents, PopulationProblems.TooManyEvents.Explanation);

        var answers = new List<EventAnswer>(json.RootElement.GetArrayLength());
        var events = new List<CareEvent>(answers.Capacity);
        var at = new List<int>(answers.Capacity);
        foreach (var element in json.RootElement.EnumerateArray())
        {
            var (careEvent, id, problem) = caller.Read(element, element.GetRawText());
            if (careEvent is not null)
            {
                at.Add(answers.Count);
                events.Add(careEvent);
            }

            answers.Add(problem is null ? new EventAnswer(id, "accepted")
                : new EventAnswer(id, "rejected", ProblemWriter.Document(http, problem.Type, problem.Message, problem.Errors)));
        }

        var stored = await inbound.StoreAsync(events, caller.ClientId, ct);
        for (var i = 0; i < stored.Length; i++)
        {
            if (!stored[i])
                answers[at[i]] = answers[at[i]] with { Status = "duplicate" };
        }

        return TypedResults.Ok(answers);
    }

    private static async Task<IResult> StreamAsync(HttpContext http, AccessContext access, Poster caller, EventInbound inbound, LoadStore loads, CancellationToken ct)
    {
        http.UnlimitedBody();
        var load = await loads.BeginAsync("events", access, ct);
        var lines = new NdjsonLines(http.Request.Body);
        var events = new List<CareEvent>();
        var rejects = new List<RejectedLine>();
        var held = 0L;
        try
        {
            while (await lines.ReadAsync(ct) is { } text)
            {
                var (careEvent, problem) = ReadLine(caller, lines, text);
                if (careEvent is not null)
                    events.Add(careEvent);
                else
                    rejects.Add(RejectedLine.Of(lines.Line, problem!.Type.Code, problem.Errors ?? [], text));
                held += sizeof(char) * text.Length;
                if (events.Count + rejects.Count >= MostInBatch || held >= LoadStore.MostHeld)
                    await FlushAsync();
            }

            await FlushAsync();
        }
        catch
        {
            await loads.EndAsync(load, "interrupted", CancellationToken.None);
            throw;
        }

        return TypedResults.Ok(await loads.EndAsync(load, "complete", CancellationToken.None));

        async Task FlushAsync()
        {
            var stored = await inbound.StoreAsync(events, caller.ClientId, ct);
            var accepted = stored.Count(s => s);
            await using var connection = await loads.OpenAsync(ct);
            await LoadStore.CountAsync(connection, load, accepted, stored.Length - accepted, rejects, ct);
            events.Clear();
            rejects.Clear();
            held = 0;
        }
    }

    private static (CareEvent? Event, RequestRefused? Problem) ReadLine(Poster caller, NdjsonLines lines, string text)
    {
        if (lines.Overlong)
            return (null, new RequestRefused(PopulationProblems.InvalidLine, "", [new FieldError("", "The line is too long.")]));
        try
        {
            using var json = JsonDocument.Parse(text, EventJson.Options);
            var (careEvent, _, problem) = caller.Read(json.RootElement, text);
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

    /// <summary>Who posts, and for whom they may.</summary>
    private sealed class Poster(AccessContext access, DateTimeOffset now)
    {
        public string ClientId { get; } = access.ClientId;

        public (CareEvent? Event, string? Id, RequestRefused? Problem) Read(JsonElement json, string payload) =>
            CareEventReader.Read(json, payload, code => code == access.Organisation || access.GrantedSources.Contains(code), now);
    }
}

internal static class EventJson
{
    public static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };
}

/// <summary>What became of one event: accepted, duplicate or rejected.</summary>
internal sealed record EventAnswer(string? Id, string Status, ProblemDocument? Problem = null);

/// <summary>A CloudEvents 1.0 structured event, as documentation: extensions are welcome and kept.</summary>
/// <param name="Source"><c>urn:ods:RZ1</c> or <c>urn:ods:RZ1:epr</c>: the ODS code must be the caller's organisation or one it was granted.</param>
/// <param name="Subject">The person's NHS number.</param>
/// <param name="Type"><c>uk.integratedcare.inpatient-spell.v1</c>, <c>emergency-attendance</c>, <c>condition-recorded</c>, <c>social-care-service</c>, <c>death-recorded</c>.</param>
/// <param name="Data">By the type: a spell, an attendance, a condition, a service, a death.</param>
internal sealed record CloudEventDocument(
    string Specversion, string Id, string Source, string Type, string Subject, DateTimeOffset? Time,
    [property: Shapes(typeof(InpatientSpell), typeof(EmergencyAttendance), typeof(ConditionRecorded), typeof(SocialCareService), typeof(DeathRecorded))] object Data);

/// <summary>Says what has become of a posted event.</summary>
internal sealed class ReadEvent : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/events/{key:guid}", Handle)
        .WithMetadata(new MayLag())
        .Access(Scopes.PopulationRead, [Purposes.Operations, Purposes.DirectCare]);

    private static async Task<Microsoft.AspNetCore.Http.HttpResults.Ok<EventState>> Handle(Guid key, HttpContext http, AccessContext access, PopulationDb db, Applied applied, CancellationToken ct)
    {
        await applied.WaitAsync(http, ct);
        var connection = await db.NpgsqlAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            SELECT e.source, e.kind, e.record_id, e.record_version, e.received_at,
              CASE WHEN r.record_version IS NULL THEN 'received' WHEN r.event_seq <> e.seq THEN 'superseded'
                   WHEN r.person_id IS NULL THEN 'waiting' WHEN r.cancelled THEN 'cancelled' ELSE 'applied' END
            FROM population.event_key k JOIN population.event e ON e.seq = k.seq
            LEFT JOIN population.record r ON r.source = e.source AND r.record_id = e.record_id
            WHERE k.key = $1
            """, connection)
        { Parameters = { new() { Value = key } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            throw Problems.Missing();
        var source = reader.GetString(0);
        var organisation = CareEventReader.OrganisationOf(source)!;
        if (organisation != access.Organisation && !access.GrantedSources.Contains(organisation))
            throw Problems.Missing();
        return TypedResults.Ok(new EventState(source, reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(5)));
    }
}

/// <param name="State"><c>received</c>, <c>applied</c>, <c>waiting</c> (the person is not registered yet), <c>superseded</c> by a higher version, or <c>cancelled</c>.</param>
internal sealed record EventState(string Source, string Kind, string RecordId, long RecordVersion, DateTimeOffset ReceivedAt, string State);
