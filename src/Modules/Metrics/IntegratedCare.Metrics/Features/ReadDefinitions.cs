using IntegratedCare.Metrics.Domain;
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

/// <summary>Who may read metrics, and who sees true small numbers.</summary>
internal static class Readers
{
    /// <summary>In the order in which one is assumed when the caller names none.</summary>
    public static readonly string[] Purposes =
    [
        Shared.Access.Purposes.Operations, Shared.Access.Purposes.PopulationHealth, Shared.Access.Purposes.Commissioning,
        Shared.Access.Purposes.Evaluation, Shared.Access.Purposes.RiskStratification, Shared.Access.Purposes.DirectCare,
    ];

    private static readonly HashSet<string> Operators =
    [
        OrganisationKinds.SystemOperator, OrganisationKinds.AcuteTrust, OrganisationKinds.CommunityTrust, OrganisationKinds.MentalHealthTrust,
        OrganisationKinds.LocalAuthority, OrganisationKinds.GeneralPractice,
    ];

    /// <summary>Those who run services see the true numbers when they read for operations; nobody else, and for no other purpose.</summary>
    public static bool SeesTrueNumbers(AccessContext access) => access.Purpose == Shared.Access.Purposes.Operations && Operators.Contains(access.Kind);
}
