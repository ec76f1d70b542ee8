using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Places;

/// <summary>Systems, places and localities, in the order of their codes.</summary>
internal sealed class ListPlaces(PopulationSession session) : CareEndpoint<ListPlaces.Request, Ok<Page<PlaceView>>>
{
    /// <param name="Level">Only this level: system, place or locality.</param>
    internal sealed record Request(string? Level);

    /// <summary>An unknown level gives an empty page.</summary>
    internal sealed class Rules : RequestRules<Request>;

    public override void Configure()
    {
        Get("/v1/population/places");
        Access(PopulationScopes.Read, Purposes.All);
        Paged();
    }

    public override async Task<Ok<Page<PlaceView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (after, take) = (Paging.Position(1)?[0] ?? "", Paging.Take + 1);
        var rows = request.Level is { } level
            ? await session.SelectAsync<Place>("where d.code > ? and d.level = ? order by d.code limit ?", ct, after, level, take)
            : await session.SelectAsync<Place>("where d.code > ? order by d.code limit ?", ct, after, take);
        return Paging.Answer(HttpContext, [.. rows.Select(PlaceView.Of)], p => [p.Code]);
    }
}
