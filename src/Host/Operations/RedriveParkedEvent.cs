using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Host.Operations;

/// <summary>Gives a parked event a fresh set of attempts.</summary>
internal sealed class RedriveParkedEvent(OutboxQueries outbox) : CareEndpoint<Accepted>
{
    public override void Configure()
    {
        Post("/v1/operations/parked-events/{id:guid}/redrive");
        Access(OperationsScopes.Write, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator]);
    }

    protected override async Task<Accepted> HandleAsync(CancellationToken ct) =>
        await outbox.RedriveAsync(Id, ct) ? TypedResults.Accepted("/v1/operations/outbox") : throw Problems.Missing();
}
