using FluentValidation;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>
/// A party proposes new terms for a risk-share, to take effect on the first day of a month. They are the next version, complete
/// in themselves, and bind when every party has accepted them; until then, and for earlier periods, the present terms do. They
/// supersede a proposal that is still open. If they take effect before settled periods, settling those again corrects them; they
/// must not take effect within a settled period.
/// </summary>
internal sealed class VaryRiskShare(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<VaryRiskShare.Request, CreatedVersioned<TermsVersionView>>
{
    internal sealed record Request(DateOnly? EffectiveFrom, string? Reason, string? Preset, TermsDraft? Terms);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.EffectiveFrom).NotNull().Day();
            RuleFor(r => r.EffectiveFrom).Must(d => d is null or { Day: 1 }).WithMessage("The first day of a month: periods are made of whole months.");
            RuleFor(r => r.Reason).Line(2000);
            RuleFor(r => r.Preset).In([.. Preset.All.Select(p => p.Code)]).When(r => r.Preset is not null);
            RuleFor(r => r.Terms).NotNull();
        }
    }

    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/variations");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
        ChangesVersion();
    }

    public override async Task<CreatedVersioned<TermsVersionView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var riskShare = await session.LockRiskShareAsync(Id, caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(riskShare.Version);
        var agreement = await session.AgreementAsync(riskShare.AgreementId, ct);
        agreement.Party(caller.Organisation);
        // An organisation that has left is still a party to the months before it left, and keeps its share of them.
        var former = agreement.Left.Where(p => agreement.Leavers.Any(n => n.Organisation == p.Organisation && n.LeavesOn >= request.EffectiveFrom));
        var parties = agreement.Parties.Concat(former).Select(p => new TermsRules.Party(p.Organisation, p.Role));
        var terms = TermsRules.Complete(request.Terms!, Preset.Find(request.Preset), [.. parties], agreement.System);
        var settled = await session.SettledPeriodsAsync(Id, ct);
        var (next, version) = riskShare.Vary(agreement, caller.Organisation, terms, request.EffectiveFrom!.Value, request.Reason!, settled, clock.GetUtcNow());
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/risk-shares/{Id}/terms/{version.Number}", TermsVersionView.Of(next, agreement, version), next.Version);
    }
}
