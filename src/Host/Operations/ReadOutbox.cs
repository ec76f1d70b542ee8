using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Host.Operations;

/// <summary>The number of events that wait, fail or are parked in each module's outbox, in sum and for each reaction.</summary>
internal sealed class ReadOutbox(OutboxQueries outbox) : CareEndpoint<Ok<IReadOnlyList<OutboxBacklog>>>
{
    public override void Configure()
    {
        Get("/v1/operations/outbox");
        Access(OperationsScopes.Read, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator]);
    }

    protected override async Task<Ok<IReadOnlyList<OutboxBacklog>>> HandleAsync(CancellationToken ct) => TypedResults.Ok(await outbox.BacklogAsync(ct));
}
