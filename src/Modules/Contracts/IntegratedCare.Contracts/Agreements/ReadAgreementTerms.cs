using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>One version of an agreement's terms, to its parties; every version stays readable.</summary>
internal sealed class ReadAgreementTerms(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<AgreementVersionView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/agreements/{id:guid}/terms/{version:int}");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<AgreementVersionView>> HandleAsync(CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        var version = agreement.Versions.FirstOrDefault(v => v.Number == Route<int>("version")) ?? throw Problems.Missing();
        return Answers.Ok(await AgreementVersionView.OfAsync(session, agreement, version, ct), agreement.Version);
    }
}
