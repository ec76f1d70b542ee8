using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.Population.Features.Risk;

/// <summary>The risk models that can be used, each with its source and how well it is known to do.</summary>
internal sealed class ListRiskModels : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/population/risk-models", HandleAsync).Access(Scopes.PopulationRead, Purposes.All);

    private static async Task<Ok<Page<RiskModelSummary>>> HandleAsync(
        PopulationDb db, RiskModelStore models, HttpContext http, [AsParameters] Paging paging, CancellationToken ct)
    {
        var after = paging.Position(1)?[0];
        var all = await models.ListAsync(await db.NpgsqlAsync(ct), ct);
        var rows = all.Where(m => after is null || string.CompareOrdinal(m.Model.Id, after) > 0).Take(paging.Take + 1)
            .Select(m => RiskModelSummary.Of(m.Model, m.Organisation)).ToList();
        return paging.Answer(http, rows, m => [m.Id]);
    }
}

/// <summary>One risk model with every feature and its points.</summary>
internal sealed class GetRiskModel : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/population/risk-models/{id}", HandleAsync).Access(Scopes.PopulationRead, Purposes.All);

    private static async Task<OkVersioned<RiskModelDetail>> HandleAsync(string id, PopulationDb db, RiskModelStore models, CancellationToken ct)
    {
        if (!RiskModelCheck.IsId(id))
            throw Problems.Missing();
        var (model, organisation) = await models.NewestAsync(await db.NpgsqlAsync(ct), id, ct) ?? throw Problems.Missing();
        return Answers.Ok(RiskModelDetail.Of(model, organisation), model.Version);
    }
}

/// <param name="Organisation">Who posted it; null when built in.</param>
internal sealed record RiskModelSummary(
    string Id, int Version, string Title, string? Organisation, string Citation, string Outcome, string Horizon, RiskUnit Unit,
    ValidatedFor? Validated, string? Caution, IReadOnlyList<PublishedPerformance> Performance)
{
    public static RiskModelSummary Of(RiskModel m, string? organisation) =>
        new(m.Id, m.Version, m.Title, organisation, m.Citation, m.Outcome, m.Horizon, m.Unit, m.Validated, m.Caution, m.Performance);
}

/// <param name="CodeRule">How codes become features.</param>
internal sealed record RiskModelDetail(
    string Id, int Version, string Title, string? Organisation, string Citation, string Outcome, string Horizon, RiskUnit Unit,
    RiskTransform Transform, IReadOnlyList<RiskInput> Inputs, int LookBackMonths, int MinimumAge, ValidatedFor? Validated,
    MissingInputs Missing, string? Caution, string CodeRule, IReadOnlyList<RiskBand> Bands,
    IReadOnlyList<PublishedPerformance> Performance, IReadOnlyList<RiskFeature> Features)
{
    public static RiskModelDetail Of(RiskModel m, string? organisation) => new(
        m.Id, m.Version, m.Title, organisation, m.Citation, m.Outcome, m.Horizon, m.Unit, m.Transform, m.Inputs, m.LookBackMonths, m.MinimumAge,
        m.Validated, m.Missing, m.Caution, "A feature is shown by every ICD-10 code that begins with its code, and counts once.", m.Bands, m.Performance, m.Features);
}
