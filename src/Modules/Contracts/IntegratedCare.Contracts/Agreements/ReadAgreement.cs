using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>One agreement, to its parties.</summary>
internal sealed class ReadAgreement(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<AgreementView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/agreements/{id:guid}");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<AgreementView>> HandleAsync(CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        return Answers.Ok(await AgreementView.OfAsync(session, agreement, ct), agreement.Version);
    }
}
