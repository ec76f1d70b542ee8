using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Persons;

/// <summary>The register's entry of one person; only the keys for an organisation that has merely posted records of that person.</summary>
internal sealed class ReadPerson(PopulationSession session, AccessContext access, AppliedWrites applied) : CareEndpoint<OkVersioned<PersonView>>
{
    public override void Configure()
    {
        Get("/v1/population/persons/{id:guid}");
        Access(PopulationScopes.Read, [Purposes.DirectCare, Purposes.Operations], personLevel: true);
        Declare(new ReadYourWrites());
    }

    protected override async Task<OkVersioned<PersonView>> HandleAsync(CancellationToken ct)
    {
        await applied.WaitAsync(HttpContext, ct); // A care event posted just before may relate the caller to the person.
        var connection = await session.ConnectionAsync(ct);
        var whole = await PersonRelationships.RequireAsync(connection, access, Id, session.Clock.GetUtcNow(), ct, ownRecords: true);
        var (view, version) = await PersonView.ReadAsync(connection, "id = $1", Id, ct) ?? throw Problems.Missing();
        await session.AuditReadAsync(HttpContext, [Id], 1, ct);
        return whole ? Answers.Ok(view, version) : Answers.Ok(view.KeysOnly(), version, "keys");
    }
}
