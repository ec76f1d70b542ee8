using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Stratifications;

/// <summary>Runs, oldest first.</summary>
internal sealed class ListStratifications(PopulationSession session) : CareEndpoint<Ok<Page<Stratification>>>
{
    public override void Configure()
    {
        Get("/v1/population/stratifications");
        Access(PopulationScopes.Read, Purposes.All);
        Paged();
    }

    protected override async Task<Ok<Page<Stratification>>> HandleAsync(CancellationToken ct)
    {
        var (after, take) = (Paging.Id() ?? Guid.Empty, Paging.Take + 1);
        var rows = await session.ListAsync<StratificationRun>(all => all.Where(r => r.Id > after).OrderBy(r => r.Id).Take(take), ct);
        return Paging.Answer(HttpContext, [.. rows.Select(Stratification.Of)], r => [r.Id.ToString()]);
    }
}
