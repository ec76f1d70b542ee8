using IntegratedCare.Population.Organisations;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Persons;

/// <summary>
/// Amends a person's entry; all members are required. A move of practice keeps the former registration. A practice amends
/// only its own persons; the operator moves a registration.
/// </summary>
internal sealed class AmendPerson(PopulationSession session, OrganisationKindCache kinds, AccessContext access)
    : CareEndpoint<PersonRequest, OkVersioned<PersonView>>
{
    public override void Configure()
    {
        Put("/v1/population/persons/{id:guid}");
        Access(PopulationScopes.Write, [Purposes.Operations, Purposes.DirectCare], personLevel: true,
            kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);
        ChangesVersion();
    }

    public override async Task<OkVersioned<PersonView>> ExecuteAsync(PersonRequest request, CancellationToken ct)
    {
        var connection = await session.ConnectionAsync(ct);
        await PersonRelationships.RequireAsync(connection, access, Id, session.Clock.GetUtcNow(), ct);
        var (known, version) = await PersonView.ReadAsync(connection, "id = $1", Id, ct) ?? throw Problems.Missing();
        // Recent care lets a practice read; only the registration lets it write.
        if (access.Kind == OrganisationKinds.GeneralPractice && known.Practice != access.Organisation)
            throw Problems.Missing();
        IfMatch.Check(version);
        if (known.NhsNumber != request.NhsNumber)
            throw Problems.Invalid("/nhsNumber", "The NHS number cannot be changed here.");
        if (access.Kind == OrganisationKinds.GeneralPractice && request.Practice != access.Organisation)
            throw Problems.Invalid("/practice", "A practice registers its own persons only. The operator moves a registration.");
        if (!kinds.IsPractice(request.Practice!))
            throw new RuleViolation(PopulationProblems.UnknownOrganisation, "The practice is not registered, or is not a general practice.");
        if (!await session.AmendAsync(Id, version, request.ToRow(Guid.CreateVersion7()), ct))
            throw new RequestRefused(Problems.StaleVersion, Problems.StaleVersion.Explanation);
        var (view, now) = (await PersonView.ReadAsync(connection, "id = $1", Id, ct))!.Value;
        await session.AuditReadAsync(HttpContext, [Id], 1, ct);
        return Answers.Ok(view, now);
    }
}
