using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Organisations;

/// <summary>The register of organisations, in the order of their codes.</summary>
internal sealed class ListOrganisations(PopulationSession session) : CareEndpoint<ListOrganisations.Request, Ok<Page<OrganisationView>>>
{
    /// <param name="Kind">Only organisations of this kind, such as general-practice.</param>
    internal sealed record Request(string? Kind);

    /// <summary>An unknown kind gives an empty page.</summary>
    internal sealed class Rules : RequestRules<Request>;

    public override void Configure()
    {
        Get("/v1/population/organisations");
        Access(PopulationScopes.Read, Purposes.All);
        Paged();
    }

    public override async Task<Ok<Page<OrganisationView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (after, take) = (Paging.Position(1)?[0] ?? "", Paging.Take + 1);
        var rows = request.Kind is { } kind
            ? await session.SelectAsync<Organisation>("where d.code > ? and d.kind = ? order by d.code limit ?", ct, after, kind, take)
            : await session.SelectAsync<Organisation>("where d.code > ? order by d.code limit ?", ct, after, take);
        return Paging.Answer(HttpContext, [.. rows.Select(OrganisationView.Of)], o => [o.Code]);
    }
}
