using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.RiskModels;

/// <summary>The risk models that can be used, each with its source and published performance.</summary>
internal sealed class ListRiskModels(PopulationSession session, RiskModelLibrary models) : CareEndpoint<Ok<Page<RiskModelSummary>>>
{
    public override void Configure()
    {
        Get("/v1/population/risk-models");
        Access(PopulationScopes.Read, Purposes.All);
        Paged();
    }

    protected override async Task<Ok<Page<RiskModelSummary>>> HandleAsync(CancellationToken ct)
    {
        var after = Paging.Position(1)?[0];
        var all = await models.ListNewestAsync(session, ct);
        var rows = all.Where(m => after is null || string.CompareOrdinal(m.Model.Id, after) > 0).Take(Paging.Take + 1)
            .Select(m => RiskModelSummary.Of(m.Model, m.Organisation)).ToList();
        return Paging.Answer(HttpContext, rows, m => [m.Id]);
    }
}
