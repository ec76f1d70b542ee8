using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace IntegratedCare.Contracts.RiskShares.Simulations;

/// <summary>A simulation's result as JSON, or as a picture of it, as the caller accepts.</summary>
internal sealed class SimulationAnswer(SimulationResult result) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(200, typeof(SimulationResult), ["application/json", "image/svg+xml"]));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.Vary = "Accept";
        return httpContext.Request.Headers.Accept.ToString().Contains("image/svg+xml", StringComparison.OrdinalIgnoreCase)
            ? TypedResults.Text(SimulationPicture.Of(result), "image/svg+xml", Encoding.UTF8).ExecuteAsync(httpContext)
            : TypedResults.Ok(result).ExecuteAsync(httpContext);
    }
}
