using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Persons;

/// <summary>
/// Declares that the caller's organisation needs a person's record in an emergency. It sees the record for care for a day; the person's
/// practice is told who declared it and why.
/// </summary>
internal sealed class DeclareEmergency(PopulationSession session, AccessContext access) : CareEndpoint<DeclareEmergency.Request, Created<EmergencyAccessView>>
{
    /// <summary>How long an emergency opens a record.</summary>
    private static readonly TimeSpan Lasts = TimeSpan.FromHours(24);

    /// <param name="Reason">Why the record is needed. The person's practice reads it.</param>
    internal sealed record Request(string? NhsNumber, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.NhsNumber).Must(NhsNumber.IsValid).WithMessage("A valid NHS number of ten digits.");
            RuleFor(r => r.Reason).Line(500);
        }
    }

    public override void Configure()
    {
        Post("/v1/population/emergency-accesses");
        Access(PopulationScopes.Read, [Purposes.DirectCare], personLevel: true, actingUser: true);
        Options(b => b.Produces(404));
    }

    public override async Task<Created<EmergencyAccessView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        AccessTable.RequireIdentifiable(access, Relationships.EmergencyAccess);
        _ = NhsNumber.TryParse(request.NhsNumber, out var number);
        var connection = await session.BeginAsync(ct);
        var (person, _) = await PersonView.ReadAsync(connection, "nhs_number = $1", number, ct) ?? throw Problems.Missing();
        var now = session.Clock.GetUtcNow();
        var declared = new EmergencyAccessView(
            Guid.CreateVersion7(), person.Id, access.Organisation, access.RequireActingUser().ToString(), request.Reason!, now, now + Lasts);
        await session.ExecuteAsync(
            "INSERT INTO population.emergency_access (id, person_id, organisation, acting_user, reason, declared_at, ends_at) "
            + "VALUES ($1, $2, $3, $4, $5, $6, $7)", ct,
            declared.Id, declared.PersonId, declared.Organisation, declared.ActingUser, declared.Reason, declared.DeclaredAt, declared.EndsAt);
        await session.AuditReadAsync(HttpContext, [person.Id], 1, ct);
        await session.SaveChangesAsync(ct);
        return TypedResults.Created($"/v1/population/persons/{person.Id}", declared);
    }
}

/// <param name="ActingUser">Who declared it, such as <c>Jo Bell, nurse, NMC 01A2345E</c>.</param>
/// <param name="EndsAt">Until when it opens the record.</param>
internal sealed record EmergencyAccessView(
    Guid Id, Guid PersonId, string Organisation, string ActingUser, string Reason, DateTimeOffset DeclaredAt, DateTimeOffset EndsAt);
