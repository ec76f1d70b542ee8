using System.Text;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.RiskShares.Simulations;

/// <summary>
/// Simulates terms before they are signed: scenarios, and random variation of a population of the given size. Gives each
/// party's distribution, the chance of a pay-out with no real effect and of a loss beyond the floor. Nothing is stored; the same
/// seed gives the same answer. With <c>Accept: image/svg+xml</c> a picture of it.
/// </summary>
internal sealed class Simulate(SimulationTurns turns, AccessContext caller) : CareEndpoint<SimulationDraft, SimulationAnswer>
{
    internal sealed class Rules : PackRules<SimulationDraft>;

    public override void Configure()
    {
        Post("/v1/contracts/simulations");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Declare(new NoIdempotencyKey());
    }

    public override async Task<SimulationAnswer> ExecuteAsync(SimulationDraft request, CancellationToken ct)
    {
        using var turn = await turns.TakeAsync(caller, ct);
        return new SimulationAnswer(Simulation.Run(request, ct));
    }
}
