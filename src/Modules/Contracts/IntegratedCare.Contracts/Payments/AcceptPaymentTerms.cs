using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Payments;

/// <summary>A party's named signatory accepts payment terms; no body. Twice is refused.</summary>
internal sealed class AcceptPaymentTerms(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<OkVersioned<PaymentTermsView>>
{
    public override void Configure()
    {
        Post("/v1/contracts/payment-terms/{id:guid}/acceptances");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<PaymentTermsView>> HandleAsync(CancellationToken ct)
    {
        // Locks all terms of the agreement, so that two that pay the same thing cannot both become binding, and superseded ones pay nothing meanwhile.
        var all = await session.LockPaymentTermsAsync(Id, ct);
        var scheme = all.FirstOrDefault(p => p.Id == Id && ContractsSession.Sees(caller, p.Parties)) ?? throw Problems.Missing();
        IfMatch.Check(scheme.Version);
        var agreement = await session.AgreementAsync(scheme.AgreementId, ct);
        var paid = await session.PaidBeforeAsync(scheme, all, ct);
        var (next, superseded) = scheme.Accept(agreement, caller.Organisation, caller.RequireActingUser(), all, paid, clock.GetUtcNow());
        session.Update(next);
        if (superseded is not null)
            session.Update(superseded);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(PaymentTermsView.Of(next), next.Version);
    }
}
