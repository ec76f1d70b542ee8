using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Population.Persons;

/// <summary>Finds a person by NHS number, with the answer of the person's own address. A POST, because an NHS number must not be in a URL.</summary>
internal sealed class LookUpPerson(PopulationSession session, AccessContext access, AppliedWrites applied)
    : CareEndpoint<LookUpPerson.Request, OkVersioned<PersonView>>
{
    internal sealed record Request(string? NhsNumber);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.NhsNumber).Must(NhsNumber.IsValid).WithMessage("A valid NHS number of ten digits.");
    }

    public override void Configure()
    {
        Post("/v1/population/persons/look-up");
        Access(PopulationScopes.Read, [Purposes.DirectCare, Purposes.Operations], personLevel: true);
        Declare(new NoIdempotencyKey(), new ReadYourWrites());
        Options(b => b.Produces(404));
    }

    public override async Task<OkVersioned<PersonView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        await applied.WaitAsync(HttpContext, ct); // A care event posted just before may relate the caller to the person.
        _ = NhsNumber.TryParse(request.NhsNumber, out var number);
        var connection = await session.ConnectionAsync(ct);
        var found = await PersonView.ReadAsync(connection, "nhs_number = $1", number, ct);
        var whole = await PersonRelationships.RequireAsync(connection, access, found?.View.Id ?? Guid.Empty, session.Clock.GetUtcNow(), ct, ownRecords: true);
        var (view, version) = found ?? throw Problems.Missing();
        await session.AuditReadAsync(HttpContext, [view.Id], 1, ct);
        return Answers.Ok(whole ? view : view.KeysOnly(), version);
    }
}
