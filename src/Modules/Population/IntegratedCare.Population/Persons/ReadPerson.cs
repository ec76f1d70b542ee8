using FluentValidation;
using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace IntegratedCare.Population.Features;

/// <summary>The register's entry of one person; for who has only posted records of that person, no more than the keys.</summary>
internal sealed class ReadPerson : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/persons/{id:guid}", Handle)
        .WithMetadata(new MayLag())
        .Access(Scopes.PopulationRead, [Purposes.DirectCare, Purposes.Operations], personLevel: true);

    private static async Task<OkVersioned<PersonView>> Handle(Guid id, HttpContext http, AccessContext access, PopulationDb db, Applied applied, CancellationToken ct)
    {
        await applied.WaitAsync(http, ct); // Care just given may be what relates the caller to the person.
        var connection = await db.NpgsqlAsync(ct);
        var whole = await PersonRelationships.RequireAsync(connection, access, id, db.Clock.GetUtcNow(), ct, ownRecords: true);
        var (view, version) = await PersonView.ReadAsync(connection, "id = $1", id, ct) ?? throw Problems.Missing();
        await db.AuditReadAsync(http, [id], 1, ct);
        return Answers.Ok(whole ? view : view.KeysOnly(), version);
    }
}

/// <summary>Finds a person by NHS number, as the person's own address answers. A POST, because an NHS number must not stand in a URL.</summary>
internal sealed class LookUpPerson : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/population/persons/look-up", Handle)
        .WithMetadata(new NoIdempotencyKey(), new MayLag())
        .Produces(404)
        .Access(Scopes.PopulationRead, [Purposes.DirectCare, Purposes.Operations], personLevel: true);

    private static async Task<OkVersioned<PersonView>> Handle(
        LookUpRequest request, HttpContext http, AccessContext access, PopulationDb db, Applied applied, CancellationToken ct)
    {
        await applied.WaitAsync(http, ct); // Care just given may be what relates the caller to the person.
        _ = NhsNumber.TryParse(request.NhsNumber, out var number);
        var connection = await db.NpgsqlAsync(ct);
        var found = await PersonView.ReadAsync(connection, "nhs_number = $1", number, ct);
        var whole = await PersonRelationships.RequireAsync(connection, access, found?.View.Id ?? Guid.Empty, db.Clock.GetUtcNow(), ct, ownRecords: true);
        var (view, version) = found ?? throw Problems.Missing();
        await db.AuditReadAsync(http, [view.Id], 1, ct);
        return Answers.Ok(whole ? view : view.KeysOnly(), version);
    }
}

/// <summary>
/// Amends a person's entry: all members are given anew. A move of practice keeps the former registration. A practice amends
/// only who is registered with it, and the operator moves a registration.
/// </summary>
internal sealed class AmendPerson : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/v1/population/persons/{id:guid}", Handle)
        .Access(Scopes.PopulationWrite, [Purposes.Operations, Purposes.DirectCare], personLevel: true, kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);

    private static async Task<OkVersioned<PersonView>> Handle(
        Guid id, PersonRequest request, IfMatch ifMatch, HttpContext http, AccessContext access, PersonStore persons, PopulationDb db, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        await PersonRelationships.RequireAsync(connection, access, id, db.Clock.GetUtcNow(), ct);
        var (known, version) = await PersonView.ReadAsync(connection, "id = $1", id, ct) ?? throw Problems.Missing();
        // Recent care lets a practice read; only the registration lets it write.
        if (access.Kind == OrganisationKinds.GeneralPractice && known.Practice != access.Organisation)
            throw Problems.Missing();
        ifMatch.Check(version);
        if (known.NhsNumber != request.NhsNumber)
            throw Problems.Invalid("/nhsNumber", "The NHS number cannot be changed here.");
        if (access.Kind == OrganisationKinds.GeneralPractice && request.Practice != access.Organisation)
            throw Problems.Invalid("/practice", "A practice registers its own persons only. The operator moves a registration.");
        if (persons.UnknownPractice(request.Practice!))
            throw new RuleViolation(PopulationProblems.UnknownOrganisation, "The practice is not registered, or is not a general practice.");
        if (await persons.AmendAsync(id, version, request.ToRow(Guid.CreateVersion7()), ct) is null)
            throw new RequestRefused(Problems.StaleVersion, Problems.StaleVersion.Explanation);
        var (view, now) = (await PersonView.ReadAsync(connection, "id = $1", id, ct))!.Value;
        await db.AuditReadAsync(http, [id], 1, ct);
        return Answers.Ok(view, now);
    }
}

internal sealed record LookUpRequest(string? NhsNumber)
{
    internal sealed class Validator : AbstractValidator<LookUpRequest>
    {
        public Validator() => RuleFor(r => r.NhsNumber).Must(Domain.NhsNumber.IsValid).WithMessage("A valid NHS number of ten digits.");
    }
}

/// <param name="FamilyName">This and all that follows is null for a caller related to the person only by its own records.</param>
internal sealed record PersonView(
    Guid Id, string NhsNumber, string? FamilyName, string? GivenName, DateOnly? BirthDate, string? Sex, string? EthnicCategory, string? Lsoa,
    double? ImdScore, int? ImdDecile, string? Practice, DateOnly? RegisteredFrom, DateOnly? DeathDate)
{
    /// <summary>What whoever posted a record knows already, and the id that leads to it.</summary>
    public PersonView KeysOnly() => new(Id, NhsNumber, null, null, null, null, null, null, null, null, null, null, null);

    public static async Task<(PersonView View, long Version)?> ReadAsync(NpgsqlConnection connection, string which, object value, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT id, nhs_number, family_name, given_name, birth_date, sex, ethnic_category, lsoa, imd_score, imd_decile, practice, registered_from, death_date, version
            FROM population.person WHERE {which}
            """, connection)
        { Parameters = { new() { Value = value } } };
        await using var r = await command.ExecuteReaderAsync(ct);
        if (!await r.ReadAsync(ct))
            return null;
        return (new PersonView(r.GetGuid(0), Domain.NhsNumber.Format(r.GetInt64(1)), r.GetString(2), r.GetString(3), r.GetFieldValue<DateOnly>(4), r.GetString(5),
            r.IsDBNull(6) ? null : r.GetString(6), r.IsDBNull(7) ? null : r.GetString(7), r.IsDBNull(8) ? null : r.GetDouble(8), r.IsDBNull(9) ? null : r.GetInt16(9),
            r.GetString(10), r.GetFieldValue<DateOnly>(11), r.IsDBNull(12) ? null : r.GetFieldValue<DateOnly>(12)), r.GetInt64(13));
    }
}
