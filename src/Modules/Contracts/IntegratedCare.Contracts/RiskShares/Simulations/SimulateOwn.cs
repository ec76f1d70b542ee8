using System.Text;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.RiskShares.Simulations;

/// <summary>
/// As <c>/v1/contracts/simulations</c>, for a party to the risk-share: a pack without terms takes those of the risk-share that are in force
/// on the first day of its period.
/// </summary>
internal sealed class SimulateOwn(ContractsSession session, SimulationTurns turns, AccessContext caller) : CareEndpoint<SimulationDraft, SimulationAnswer>
{
    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/simulations");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Declare(new NoIdempotencyKey());
    }

    public override async Task<SimulationAnswer> ExecuteAsync(SimulationDraft request, CancellationToken ct)
    {
        var pack = await session.WithRiskShareTermsAsync(request.Pack ?? new PackDraft(), Id, caller, ct, "/pack");
        using var turn = await turns.TakeAsync(caller, ct);
        return new SimulationAnswer(Simulation.Run(request with { Pack = pack }, ct));
    }
}
