using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Places;

/// <summary>A system, place or locality as it is registered now.</summary>
internal sealed class ReadPlace(PopulationSession session) : CareEndpoint<OkVersioned<PlaceView>>
{
    public override void Configure()
    {
        Get("/v1/population/places/{code}");
        Access(PopulationScopes.Read, Purposes.All);
    }

    protected override async Task<OkVersioned<PlaceView>> HandleAsync(CancellationToken ct)
    {
        var code = Route<string>("code")!;
        var place = await session.FirstOrDefaultAsync<Place>(p => p.Code == code, ct) ?? throw Problems.Missing();
        return Answers.Ok(PlaceView.Of(place), place.Version);
    }
}
