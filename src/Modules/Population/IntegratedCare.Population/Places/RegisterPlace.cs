using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Places;

/// <summary>Registers a system, a place in it, or a locality with its practices. Repeating it changes nothing and answers 200.</summary>
internal sealed class RegisterPlace(PopulationSession session) : CareEndpoint<PlaceRequest, Results<CreatedVersioned<PlaceView>, OkVersioned<PlaceView>>>
{
    public override void Configure()
    {
        Post("/v1/population/places");
        Access(PopulationScopes.Write, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);
    }

    public override async Task<Results<CreatedVersioned<PlaceView>, OkVersioned<PlaceView>>> ExecuteAsync(PlaceRequest request, CancellationToken ct)
    {
        // Of equal ones at once, one registers it and the others find it registered.
        await session.LockAsync($"place|{request.Code}", ct);
        if (await session.FirstOrDefaultAsync<Place>(p => p.Code == request.Code, ct) is { } known)
        {
            return PlaceView.Of(known).HasSameContentAs(request)
                ? Answers.Ok(PlaceView.Of(known), known.Version)
                : throw new RequestRefused(Problems.AlreadyExists, Problems.AlreadyExists.Explanation);
        }

        var parent = await session.ParentAsync(request.Parent, ct);
        var place = Place.Register(request.Code!, request.Level!, parent, request.Name!, request.Memberships());
        await session.RequirePracticesAsync(place, ct);
        session.Insert(place);
        await session.ReplacePracticesAsync(place, parent, ct);
        session.Publish(place.ToEvent(1));
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/population/places/{place.Code}", PlaceView.Of(place), place.Version);
    }
}
