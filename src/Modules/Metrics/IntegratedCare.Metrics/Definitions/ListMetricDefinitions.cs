using IntegratedCare.Metrics.Domain;
using IntegratedCare.Metrics.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.Metrics.Features;

internal sealed class ListMetricDefinitions : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/metrics/definitions", Handle)
        .Access(Scopes.MetricsRead, Readers.Purposes)
        .WithSummary("The metrics there are, each with its whole definition.");

    private static Ok<Page<MetricDefinition>> Handle([AsParameters] Paging paging, HttpContext http)
    {
        var after = paging.Position(1)?[0];
        var rows = Definitions.All.OrderBy(d => d.Id, StringComparer.Ordinal).Where(d => after is null || string.CompareOrdinal(d.Id, after) > 0).Take(paging.Take + 1).ToList();
        return paging.Answer(http, rows, d => [d.Id]);
    }
}

internal sealed class ReadMetricDefinition : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/metrics/definitions/{id}", Handle)
        .Access(Scopes.MetricsRead, Readers.Purposes)
        .WithSummary("One metric's definition.");

    private static Ok<MetricDefinition> Handle(string id) => Definitions.Find(id) is { } definition ? TypedResults.Ok(definition) : throw Problems.Missing();
}

/// <summary>Who may read metrics.</summary>
internal static class Readers
{
    /// <summary>In the order in which one is assumed when the caller names none: the one that shows true small numbers is the last.</summary>
    public static readonly string[] Purposes =
    [
        Shared.Access.Purposes.PopulationHealth, Shared.Access.Purposes.Commissioning, Shared.Access.Purposes.Evaluation,
        Shared.Access.Purposes.RiskStratification, Shared.Access.Purposes.DirectCare, Shared.Access.Purposes.Operations,
    ];
}

/// <summary>
/// Whose true small numbers a caller sees, and only when reading for operations: the system operator those of every area, a
/// practice its own. A small number of another area tells of persons whom the caller does not care for.
/// </summary>
internal readonly record struct TrueNumbers(bool OfAll, string? OfPractice)
{
    public static TrueNumbers For(AccessContext access) => access.Purpose != Purposes.Operations ? default
        : new(access.Kind == OrganisationKinds.SystemOperator, access.Kind == OrganisationKinds.GeneralPractice ? access.Organisation : null);

    public bool Of(ValueKey key) => OfAll || (key.AreaKind == "practice" && key.Area == OfPractice);
}
