using System.Security.Cryptography;
using System.Text.Json;
using FluentValidation;
using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.Population.Features;

/// <summary>
/// Registers one person (JSON: 201, or 200 when the same is there already) or many (NDJSON or CSV, streamed: counts, and a
/// link to the lines that were rejected). In bulk, a person who is known is amended
/// by what the line gives: what it leaves out stays as it is, and only a PUT clears it.
/// </summary>
internal sealed class RegisterPersons : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/population/persons", Handle)
        .Accepts<PersonRequest>("application/json", "application/x-ndjson", "text/csv")
        .Produces<PersonCreated>(201).Produces<PersonCreated>(200)
        .WithMetadata(new BulkBody(), new NoIdempotencyKey(ButFor: "application/json"))
        .Access(Scopes.PopulationWrite, [Purposes.Operations, Purposes.DirectCare], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);

    private static async Task<IResult> Handle(HttpContext http, AccessContext access, PopulationDb db, PersonStore persons, LoadStore loads, PersonRequest.Validator validator, CancellationToken ct)
    {
        switch (http.MediaType())
        {
            case "application/json":
                return await OneAsync(http, access, db, persons, validator, ct);
            case "application/x-ndjson":
                return await ManyAsync(http, access, persons, loads, new NdjsonLines(http.Request.Body), PersonLine.FromJson, validator, ct);
            case "text/csv":
                return await ManyAsync(http, access, persons, loads, new CsvLines(http.Request.Body), PersonLine.FromCsv, validator, ct);
            default:
                throw new RequestRefused(Problems.UnsupportedMediaType, "Send application/json, application/x-ndjson or text/csv.");
        }
    }

    private static async Task<IResult> OneAsync(HttpContext http, AccessContext access, PopulationDb db, PersonStore persons, PersonRequest.Validator validator, CancellationToken ct)
    {
        var request = await JsonSerializer.DeserializeAsync<PersonRequest>(http.Request.Body, SharedJson.Wire, ct)
            ?? throw new RequestRefused(Problems.MalformedJson, Problems.MalformedJson.Explanation);
        if (request.Faults(validator, access) is { Count: > 0 } faults)
            throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation, faults);
        if (persons.UnknownPractice(request.Practice!))
            throw new RuleViolation(PopulationProblems.UnknownOrganisation, "The practice is not registered, or is not a general practice.");

        var (id, outcome, version) = await PersonStore.RegisterAsync(db, request.ToRow(Guid.CreateVersion7()), ct);
        if (outcome == PersonOutcome.Differs)
            throw new RequestRefused(Problems.AlreadyExists, "A person with this NHS number is registered with other details, or with another practice. Amend them with PUT; the operator moves a registration.");
        var location = $"/v1/population/persons/{id}";
        return outcome == PersonOutcome.Created
            ? Answers.Created(location, new PersonCreated(id), version)
            : Answers.Ok(new PersonCreated(id), version);
    }

    private static async Task<IResult> ManyAsync(
        HttpContext http, AccessContext access, PersonStore persons, LoadStore loads, ILineReader lines, Func<ILineReader, PersonRequest> parse,
        PersonRequest.Validator validator, CancellationToken ct)
    {
        http.UnlimitedBody();
        var load = await loads.BeginAsync("persons", access, ct);
        var ids = new BulkIds();
        var result = await persons.LoadAsync(load, access.Kind == OrganisationKinds.GeneralPractice ? access.Organisation : null, lines, () =>
        {
            var request = parse(lines);
            IReadOnlyList<FieldError> faults = request.Faults(validator, access);
            if (faults.Count == 0 && persons.UnknownPractice(request.Practice!))
                faults = [new FieldError("/practice", "Not a registered general practice.")];
            return faults.Count > 0 ? (null, faults) : (request.ToRow(ids.Next()), null);
        }, ct);
        return TypedResults.Ok(result);
    }
}

internal sealed record PersonCreated(Guid Id);

internal sealed record PersonRequest(
    string? NhsNumber,
    string? FamilyName,
    string? GivenName,
    DateOnly? BirthDate,
    string? Sex,
    string? Practice,
    DateOnly? RegisteredFrom,
    string? EthnicCategory = null,
    string? Lsoa = null,
    double? ImdScore = null,
    int? ImdDecile = null)
{
    /// <summary>What is wrong with it, for this caller. Hand-written for the bulk path: half a million a minute.</summary>
    public IReadOnlyList<FieldError> Faults(Validator validator, AccessContext access)
    {
        if (!IsPlainlyValid())
            return [.. validator.Validate(this).Errors.Select(e => new FieldError(Pointers.FromPropertyPath(e.PropertyName), e.ErrorMessage))];
        return access.Kind == OrganisationKinds.GeneralPractice && Practice != access.Organisation
            ? [new FieldError("/practice", "A practice registers its own persons only.")] : [];
    }

    public PersonRow ToRow(Guid id)
    {
        _ = Domain.NhsNumber.TryParse(NhsNumber, out var number);
        return new PersonRow(id, number, FamilyName!, GivenName!, BirthDate!.Value, Sex!, EthnicCategory, Lsoa, ImdScore, (short?)ImdDecile, Practice!, RegisteredFrom!.Value);
    }

    /// <summary>The validator's rules as one test; only what fails it is explained. A test holds the two together.</summary>
    internal bool IsPlainlyValid() =>
        Domain.NhsNumber.IsValid(NhsNumber)
        && IsName(FamilyName) && IsName(GivenName)
        && BirthDate is { Year: >= 1890 } && RegisteredFrom is { } from && from >= BirthDate.Value
        && Codes.Has("sex", Sex) && Codes.IsOrganisation(Practice)
        && (EthnicCategory is null || Codes.Has("ethnicCategory", EthnicCategory))
        && (Lsoa is null || Codes.IsLsoa(Lsoa))
        && ImdScore is null or (>= 0 and <= 100)
        && ImdDecile is null or (>= 1 and <= 10);

    private static bool IsName(string? name) => name is { Length: >= 1 and <= 100 } && !string.IsNullOrWhiteSpace(name) && !name.Contains('\0');

    internal sealed class Validator : AbstractValidator<PersonRequest>
    {
        public Validator()
        {
            RuleFor(r => r.NhsNumber).Must(Domain.NhsNumber.IsValid).WithMessage("A valid NHS number of ten digits.");
            RuleFor(r => r.FamilyName).Must(IsName).WithMessage("Required: 1 to 100 characters.");
            RuleFor(r => r.GivenName).Must(IsName).WithMessage("Required: 1 to 100 characters.");
            RuleFor(r => r.BirthDate).Must(d => d is { Year: >= 1890 }).WithMessage("Required: a date from 1890 on.");
            RuleFor(r => r.RegisteredFrom).Must((r, d) => d is not null && (r.BirthDate is null || d >= r.BirthDate)).WithMessage("Required: a date not before birth.");
            RuleFor(r => r.Sex).Must(s => Codes.Has("sex", s)).WithMessage("1, 2, 0 or 9.");
            RuleFor(r => r.Practice).Must(Codes.IsOrganisation).WithMessage("Required: the practice's ODS code.");
            RuleFor(r => r.EthnicCategory).Must(c => c is null || Codes.Has("ethnicCategory", c)).WithMessage("A code of ETHNIC CATEGORY CODE 2001.");
            RuleFor(r => r.Lsoa).Must(c => c is null || Codes.IsLsoa(c)).WithMessage("An LSOA code, such as E01000001.");
            RuleFor(r => r.ImdScore).Must(s => s is null or (>= 0 and <= 100)).WithMessage("Between 0 and 100.");
            RuleFor(r => r.ImdDecile).Must(d => d is null or (>= 1 and <= 10)).WithMessage("1 (most deprived) to 10.");
        }
    }
}

/// <summary>Version 7 ids for a bulk body. Random bits come for many at once: asking the system for those of one takes longer than reading its line.</summary>
internal sealed class BulkIds
{
    private const int Together = 256;
    private const int RandomBytes = 10;
    private readonly byte[] _random = new byte[Together * RandomBytes];
    private readonly byte[] _id = new byte[16];
    private int _used = Together;

    public Guid Next()
    {
        if (_used == Together)
        {
            RandomNumberGenerator.Fill(_random);
            Guid.CreateVersion7().TryWriteBytes(_id, bigEndian: true, out _);
            _used = 0;
        }

        // After the time (RFC 9562): 4 bits of version, 12 of chance, 2 of variant, 62 of chance.
        _random.AsSpan(RandomBytes * _used++, RandomBytes).CopyTo(_id.AsSpan(6));
        _id[6] = (byte)(0x70 | (_id[6] & 0x0F));
        _id[8] = (byte)(0x80 | (_id[8] & 0x3F));
        return new Guid(_id, bigEndian: true);
    }
}

/// <summary>A person as one line of a bulk body.</summary>
internal static class PersonLine
{
    public static PersonRequest FromJson(ILineReader line) =>
        PlainPerson.Read(line.Bytes) ?? JsonSerializer.Deserialize<PersonRequest>(line.Text, SharedJson.Wire) ?? throw new JsonException("The line is null.");

    public static PersonRequest FromCsv(ILineReader line)
    {
        var csv = (CsvLines)line;
        return new PersonRequest(csv.Member("nhsNumber"), csv.Member("familyName"), csv.Member("givenName"), csv.Date("birthDate"), csv.Member("sex"), csv.Member("practice"),
            csv.Date("registeredFrom"), csv.Member("ethnicCategory"), csv.Member("lsoa"), csv.Number("imdScore"), csv.Whole("imdDecile"));
    }
}
