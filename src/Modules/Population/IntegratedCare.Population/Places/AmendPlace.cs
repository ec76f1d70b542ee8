using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Places;

/// <summary>Renames a place or changes which practices are in a locality, and when.</summary>
internal sealed class AmendPlace(PopulationSession session) : CareEndpoint<PlaceRequest, OkVersioned<PlaceView>>
{
    public override void Configure()
    {
        Put("/v1/population/places/{code}");
        Access(PopulationScopes.Write, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);
        ChangesVersion();
    }

    public override async Task<OkVersioned<PlaceView>> ExecuteAsync(PlaceRequest request, CancellationToken ct)
    {
        var code = Route<string>("code")!;
        var place = await session.FirstOrDefaultAsync<Place>(p => p.Code == code, ct) ?? throw Problems.Missing();
        IfMatch.Check(place.Version);
        (string Pointer, bool Changed)[] fixedMembers =
            [("/code", request.Code != code), ("/level", request.Level != place.Level), ("/parent", request.Parent != place.Parent)];
        List<FieldError> faults = [.. fixedMembers.Where(m => m.Changed).Select(m => new FieldError(m.Pointer, "Code, level and parent cannot change."))];
        if (faults.Count > 0)
            throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation, faults);

        // An event of the present state under the next version would make consumers ignore the change that really has that version.
        if (PlaceView.Of(place).HasSameContentAs(request))
            return Answers.Ok(PlaceView.Of(place), place.Version);
        var parent = await session.ParentAsync(request.Parent, ct);
        var next = place.Amend(parent, request.Name!, request.Memberships());
        await session.RequirePracticesAsync(next, ct);
        session.Update(next);
        await session.ReplacePracticesAsync(next, parent, ct);
        session.Publish(next.ToEvent(place.Version + 1));
        await session.SaveChangesAsync(ct);
        return Answers.Ok(PlaceView.Of(next), next.Version);
    }
}
