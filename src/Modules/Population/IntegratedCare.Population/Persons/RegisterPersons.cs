using System.Text.Json;
using IntegratedCare.Population.Loads;
using IntegratedCare.Population.Organisations;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Population.Persons;

/// <summary>
/// Registers one person (JSON: 201, or 200 when the same is there already) or many (NDJSON or CSV, streamed: counts, and a
/// link to the lines that were rejected). In bulk, a known person is amended: members that the line leaves out stay as they are, and
/// only a PUT clears them.
/// </summary>
internal sealed class RegisterPersons(
    PopulationSession session, ModuleSessions<PopulationSession> sessions, PersonLoader loader, OrganisationKindCache kinds, AccessContext access)
    : CareEndpoint<IResult>
{
    public override void Configure()
    {
        Post("/v1/population/persons");
        Access(PopulationScopes.Write, [Purposes.Operations, Purposes.DirectCare],
            kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);
        Takes<PersonRequest>("application/json", "application/x-ndjson", "text/csv");
        Declare(new NoIdempotencyKey(ExceptContentType: "application/json"));
        Options(b => b.Produces<PersonCreated>(201).Produces<PersonCreated>(200));
    }

    protected override async Task<IResult> HandleAsync(CancellationToken ct) => HttpContext.MediaType() switch
    {
        "application/json" => await RegisterOneAsync(ct),
        "application/x-ndjson" => await LoadAsync(new NdjsonLines(HttpContext.Request.Body), PersonLine.FromJson, ct),
        "text/csv" => await LoadAsync(new CsvLines(HttpContext.Request.Body), PersonLine.FromCsv, ct),
        _ => throw new RequestRefused(Problems.UnsupportedMediaType, "Send application/json, application/x-ndjson or text/csv."),
    };

    private async Task<IResult> RegisterOneAsync(CancellationToken ct)
    {
        var request = await JsonSerializer.DeserializeAsync<PersonRequest>(HttpContext.Request.Body, SharedJson.Wire, ct)
            ?? throw new RequestRefused(Problems.MalformedJson, Problems.MalformedJson.Explanation);
        if (request.Faults(access) is { Count: > 0 } faults)
            throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation, faults);
        if (!kinds.IsPractice(request.Practice!))
            throw new RuleViolation(PopulationProblems.UnknownOrganisation, "The practice is not registered, or is not a general practice.");

        var person = request.ToRow(Guid.CreateVersion7());
        if (await session.RegisterAsync(person, ct))
            return Answers.Created($"/v1/population/persons/{person.Id}", new PersonCreated(person.Id), 1);
        var (id, version, same) = await session.StagedPersonAsync(ct);
        return same ? Answers.Ok(new PersonCreated(id), version)
            : throw new RequestRefused(Problems.AlreadyExists,
                "A person with this NHS number is registered with other details, or with another practice. Amend them with PUT; the operator moves a "
                + "registration.");
    }

    private async Task<IResult> LoadAsync(ILineReader lines, Func<ILineReader, PersonRequest> parse, CancellationToken ct)
    {
        HttpContext.UnlimitedBody();
        var load = await sessions.BeginLoadAsync("persons", access, ct);
        var ids = new BulkIds();
        var loaded = await loader.LoadAsync(load, access.Kind == OrganisationKinds.GeneralPractice ? access.Organisation : null, lines, () =>
        {
            var request = parse(lines);
            var faults = request.Faults(access);
            if (faults.Count == 0 && !kinds.IsPractice(request.Practice!))
                faults = [new FieldError("/practice", "Not a registered general practice.")];
            return faults.Count > 0 ? (null, faults) : (request.ToRow(ids.Next()), null);
        }, ct);
        return TypedResults.Ok(LoadView.Of(loaded));
    }
}

internal sealed record PersonCreated(Guid Id);
