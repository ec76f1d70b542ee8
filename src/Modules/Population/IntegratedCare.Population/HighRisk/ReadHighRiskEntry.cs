using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.HighRisk;

/// <summary>One entry, with its ETag.</summary>
internal sealed class ReadHighRiskEntry(PopulationSession session, RiskModelLibrary models, AccessContext access)
    : CareEndpoint<OkVersioned<HighRiskRegisterEntry>>
{
    public override void Configure()
    {
        Get("/v1/population/high-risk-register/{entryId:guid}");
        Access(PopulationScopes.Read, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true);
    }

    protected override async Task<OkVersioned<HighRiskRegisterEntry>> HandleAsync(CancellationToken ct)
    {
        AccessTable.RequireIdentifiable(access, Relationships.RegisteredPractice);
        var entry = await HighRiskRegisterEntry.FindAsync(session, models, Route<Guid>("entryId"), access.Organisation, ct) ?? throw Problems.Missing();
        await session.AuditReadAsync(HttpContext, [entry.PersonId], 1, ct);
        return Answers.Ok(entry, entry.Version);
    }
}
