using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>
/// Adds risk-share terms to an agreement. On a draft they are part of what is signed. A party that has signed already, and
/// every party of an agreement in force, accepts them with <c>POST /v1/contracts/risk-shares/{id}/acceptances</c>.
/// </summary>
internal sealed class CreateRiskShare(ContractsSession session, AccessContext caller)
    : CareEndpoint<CreateRiskShare.Request, CreatedVersioned<RiskShareView>>
{
    internal sealed record Request(Guid? AgreementId, string? Title, string? Preset, TermsDraft? Terms);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.AgreementId).NotNull();
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.Preset).In([.. Preset.All.Select(p => p.Code)]).When(r => r.Preset is not null);
            RuleFor(r => r.Terms).NotNull();
        }
    }

    public override void Configure()
    {
        Post("/v1/contracts/risk-shares");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<CreatedVersioned<RiskShareView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(request.AgreementId!.Value, caller, ct)
            ?? throw Problems.Invalid("/agreementId", "No agreement of yours has this id.");
        agreement.Party(caller.Organisation);
        var riskShare = RiskShare.Of(agreement, request.Title!, TermsRules.Complete(request.Terms!, Preset.Find(request.Preset), agreement));
        session.Update(agreement.Add(riskShare));
        session.Insert(riskShare);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/risk-shares/{riskShare.Id}", RiskShareView.Of(riskShare), riskShare.Version);
    }
}
