using System.Text;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Tries terms on chance before they are signed: scenarios, and random variation of a population of the given size. Gives each
/// party's distribution, the chance of a pay-out with no real effect and of a loss beyond the floor. Nothing is stored; the same
/// seed gives the same answer. With <c>Accept: image/svg+xml</c> a picture of it.
/// </summary>
internal sealed class Simulate : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/simulations", Handle)
        .WithMetadata(new NoIdempotencyKey())
        .Produces<SimulationResult>(200, "application/json", "image/svg+xml")
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static IResult Handle(SimulationDraft request, HttpContext http, CancellationToken ct) => SimulationAnswer.Of(http, Simulation.Run(request, ct));
}

/// <summary>As <c>/v1/contracts/simulations</c>, for a party to the risk-share: a pack without terms takes those of the risk-share that are in force on the first day of its period.</summary>
internal sealed class SimulateOwn : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/simulations", Handle)
        .WithMetadata(new NoIdempotencyKey())
        .Produces<SimulationResult>(200, "application/json", "image/svg+xml")
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<IResult> Handle(Guid id, SimulationDraft request, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct) =>
        SimulationAnswer.Of(http, Simulation.Run(request with { Pack = await (request.Pack ?? new PackDraft()).UnderAsync(db, id, access, ct, "/pack") }, ct));
}

internal static class SimulationAnswer
{
    public static IResult Of(HttpContext http, SimulationResult result)
    {
        http.Response.Headers.Vary = "Accept";
        return http.Request.Headers.Accept.ToString().Contains("image/svg+xml", StringComparison.OrdinalIgnoreCase)
            ? TypedResults.Text(SimulationPicture.Of(result), "image/svg+xml", Encoding.UTF8)
            : TypedResults.Ok(result);
    }
}
