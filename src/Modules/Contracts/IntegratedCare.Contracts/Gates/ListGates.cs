using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Gates;

/// <summary>The decisions on a novel contract's checkpoints, in the order they were recorded: to its parties, and to the operator.</summary>
internal sealed class ListGates(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<GatesView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/agreements/{id:guid}/gates");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<GatesView>> HandleAsync(CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        return Answers.Ok(GatesView.Of(agreement), agreement.Version);
    }
}
