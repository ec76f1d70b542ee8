using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Host.Operations;

/// <summary>The events that a reaction could not apply after all its attempts, oldest first.</summary>
internal sealed class ListParkedEvents(OutboxQueries outbox) : CareEndpoint<Ok<Page<ParkedEvent>>>
{
    public override void Configure()
    {
        Get("/v1/operations/parked-events");
        Access(OperationsScopes.Read, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator]);
        Paged();
    }

    protected override async Task<Ok<Page<ParkedEvent>>> HandleAsync(CancellationToken ct) =>
        Paging.Answer(HttpContext, await outbox.ParkedAsync(Paging.Take + 1, Paging.Id(), ct), e => [e.Id.ToString()]);
}
