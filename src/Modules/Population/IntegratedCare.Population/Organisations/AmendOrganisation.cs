using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Organisations;

/// <summary>Amends an organisation in the register. Its kind, from which follows what it may do, is changed by the operator alone.</summary>
internal sealed class AmendOrganisation(PopulationSession session, OrganisationKindCache kinds, AccessContext access)
    : CareEndpoint<OrganisationRequest, OkVersioned<OrganisationView>>
{
    public override void Configure()
    {
        Put("/v1/population/organisations/{code}");
        Access(PopulationScopes.Write, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);
        ChangesVersion();
    }

    public override async Task<OkVersioned<OrganisationView>> ExecuteAsync(OrganisationRequest request, CancellationToken ct)
    {
        var code = Route<string>("code")!;
        var organisation = await session.FirstOrDefaultAsync<Organisation>(o => o.Code == code, ct) ?? throw Problems.Missing();
        if (request.Code != code)
            throw Problems.Invalid("/code", "The code cannot change.");
        if (request.Kind != organisation.Kind && access.Kind != OrganisationKinds.SystemOperator)
        {
            throw new RequestRefused(Problems.NotYourOrganisation,
                "What an organisation may do follows from its kind: only the operator changes it.");
        }

        IfMatch.Check(organisation.Version);
        var next = request.Amend(organisation);
        // An event of the present state under the next version would make consumers ignore the change that really has that version.
        if (next == organisation)
            return Answers.Ok(OrganisationView.Of(organisation), organisation.Version);
        session.Update(next);
        session.Publish(next.ToEvent(organisation.Version + 1));
        await session.SaveChangesAsync(ct);
        kinds.Set(next.Code, next.Kind);
        return Answers.Ok(OrganisationView.Of(next), next.Version);
    }
}
