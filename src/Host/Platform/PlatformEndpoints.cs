using IntegratedCare.Host.Health;
using IntegratedCare.Host.Operations;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Host.Platform;

/// <summary>The endpoints that belong to no module. The development issuer's token endpoint is mapped beside them.</summary>
internal static class PlatformEndpoints
{
    public static IServiceCollection AddPlatformEndpoints(this IServiceCollection services) => services.AddSingleton(new EndpointTypes(null)
        .Add<Live>()
        .Add<Ready>()
        .Add<ExplainProblem>()
        .Add<ReadOutbox>()
        .Add<ListParkedEvents>()
        .Add<RedriveParkedEvent>());
}
