using System.Text.Json;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>
/// A format in which events are posted. It reads the body, makes a <see cref="CareEvent"/> of each event, stores them through
/// <see cref="EventInbound"/> and answers. To add one: a class here, a line in the module, its media type in <see cref="PostEvents"/>.
/// </summary>
internal interface IEventFormat
{
    const int MaxInBatch = 1000;

    string MediaType { get; }

    Task<IResult> TakeAsync(HttpContext http, EventPoster poster, CancellationToken ct);
}

/// <summary>Who posts, when, and for which sources.</summary>
internal sealed class EventPoster(AccessContext access, DateTimeOffset now)
{
    /// <summary>Duplicate members are refused: two readers could take different ones.</summary>
    public static readonly JsonDocumentOptions Json = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    public AccessContext Access => access;

    public (CareEvent? Event, string? Id, RequestRefused? Problem) Read(JsonElement json) => CareEventReader.Read(json, MayPostFor, now);

    /// <summary>
    /// Whose an event is that cannot be read, and who may therefore see it: the organisation of its source, if the poster may post for that.
    /// Null where nobody can tell: of one that posts for several.
    /// </summary>
    public string? OwnerOf(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("source", out var source) && source.ValueKind == JsonValueKind.String
            && CareEventReader.OrganisationOf(source.GetString()!) is { } code && MayPostFor(code) ? code : OwnerOfUnreadable;

    public string? OwnerOfUnreadable => access.GrantedSources.Any(code => code != access.Organisation) ? null : access.Organisation;

    private bool MayPostFor(string code) => code == access.Organisation || access.GrantedSources.Contains(code);
}

/// <summary>What became of one event: accepted, duplicate or rejected.</summary>
internal sealed record EventAnswer(string? Id, string Status, ProblemDocument? Problem = null);
