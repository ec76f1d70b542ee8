using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.RiskModels;

/// <summary>One risk model with every feature and its points.</summary>
internal sealed class ReadRiskModel(PopulationSession session, RiskModelLibrary models) : CareEndpoint<OkVersioned<RiskModelDetail>>
{
    public override void Configure()
    {
        Get("/v1/population/risk-models/{id}");
        Access(PopulationScopes.Read, Purposes.All);
    }

    protected override async Task<OkVersioned<RiskModelDetail>> HandleAsync(CancellationToken ct)
    {
        var id = Route<string>("id")!;
        if (!RiskModelCheck.IsId(id))
            throw Problems.Missing();
        var (model, organisation) = await models.FindNewestAsync(session, id, ct) ?? throw Problems.Missing();
        return Answers.Ok(RiskModelDetail.Of(model, organisation), model.Version);
    }
}
