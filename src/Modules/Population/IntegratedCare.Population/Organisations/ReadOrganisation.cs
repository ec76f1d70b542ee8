using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Organisations;

/// <summary>An organisation as the register describes it now.</summary>
internal sealed class ReadOrganisation(PopulationSession session) : CareEndpoint<OkVersioned<OrganisationView>>
{
    public override void Configure()
    {
        Get("/v1/population/organisations/{code}");
        Access(PopulationScopes.Read, Purposes.All);
    }

    protected override async Task<OkVersioned<OrganisationView>> HandleAsync(CancellationToken ct)
    {
        var code = Route<string>("code")!;
        var organisation = await session.FirstOrDefaultAsync<Organisation>(o => o.Code == code, ct) ?? throw Problems.Missing();
        return Answers.Ok(OrganisationView.Of(organisation), organisation.Version);
    }
}
