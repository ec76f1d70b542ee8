using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Organisations;

/// <summary>
/// Registers an organisation. Repeating it changes nothing and answers 200. Operators and integrated care boards, who register others, are
/// registered by an operator alone.
/// </summary>
internal sealed class RegisterOrganisation(PopulationSession session, OrganisationKindCache kinds, AccessContext access)
    : CareEndpoint<OrganisationRequest, Results<CreatedVersioned<OrganisationView>, OkVersioned<OrganisationView>>>
{
    public override void Configure()
    {
        Post("/v1/population/organisations");
        Access(PopulationScopes.Write, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);
    }

    public override async Task<Results<CreatedVersioned<OrganisationView>, OkVersioned<OrganisationView>>> ExecuteAsync(OrganisationRequest request,
        CancellationToken ct)
    {
        var organisation = request.ToOrganisation();
        if (organisation.Kind is OrganisationKinds.SystemOperator or OrganisationKinds.IntegratedCareBoard
            && access.Kind != OrganisationKinds.SystemOperator)
        {
            throw new RequestRefused(Problems.NotYourOrganisation, "An operator or an integrated care board is registered by the operator alone.");
        }

        // Before the operator has registered itself, a board could register it as something else, and nobody would be left to change that.
        if (access.Kind != OrganisationKinds.SystemOperator && !await session.AnyAsync<Organisation>(o => o.Kind == OrganisationKinds.SystemOperator, ct))
            throw new RequestRefused(Problems.NotYourOrganisation, "The operator registers itself first.");

        // Of equal ones at once, one registers it and the others find it registered.
        await session.LockAsync($"organisation|{organisation.Code}", ct);
        if (await session.FirstOrDefaultAsync<Organisation>(o => o.Code == organisation.Code, ct) is { } known)
        {
            return OrganisationView.Of(known) == OrganisationView.Of(organisation)
                ? Answers.Ok(OrganisationView.Of(known), known.Version)
                : throw new RequestRefused(Problems.AlreadyExists, Problems.AlreadyExists.Explanation);
        }

        session.Insert(organisation);
        session.Publish(organisation.ToEvent(1));
        await session.SaveChangesAsync(ct);
        kinds.Set(organisation.Code, organisation.Kind);
        return Answers.Created($"/v1/population/organisations/{organisation.Code}", OrganisationView.Of(organisation), organisation.Version);
    }
}
