using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// A party signs a variation through its own client; no body. The signatory is the one the agreement names, or the one this
/// variation would name for that party, since every other party signs that too. Signing twice is refused.
/// </summary>
internal sealed class SignVariation(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<OkVersioned<AgreementVersionView>>
{
    public override void Configure()
    {
        Post("/v1/contracts/agreements/{id:guid}/variations/{version:int}/signatures");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<AgreementVersionView>> HandleAsync(CancellationToken ct)
    {
        // One at a time, so that two agreements cannot become each other's head.
        await session.LockAsync("head", ct);
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(agreement.Version);
        var now = clock.GetUtcNow();
        var (next, version) = agreement.SignVariation(Route<int>("version"), caller.Organisation, caller.RequireActingUser(), now);
        if (version.Status == Variation.Agreed)
        {
            await session.CheckHeadAsync(next, version, ct);
            (next, var activated) = next.Advance(LondonTime.Today(clock));
            if (activated)
                session.Publish(next.ToActivated(now));
        }

        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(await AgreementVersionView.OfAsync(session, next, version, ct), next.Version);
    }
}
