using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Adds risk-share terms to an agreement. On a draft they are part of what is signed. A party that has signed already, and
/// every party of an agreement in force, accepts them with <c>POST /v1/contracts/risk-shares/{id}/acceptances</c>.
/// </summary>
internal sealed class CreateRiskShare : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record CreateRiskShareRequest(Guid? AgreementId, string? Title, string? Preset, TermsDraft? Terms);

    internal sealed class Validator : AbstractValidator<CreateRiskShareRequest>
    {
        public Validator()
        {
            RuleFor(r => r.AgreementId).NotNull();
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.Preset).In([.. Preset.All.Select(p => p.Code)]).When(r => r.Preset is not null);
            RuleFor(r => r.Terms).NotNull();
        }
    }

    private static async Task<CreatedVersioned<RiskShareView>> Handle(CreateRiskShareRequest request, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == request.AgreementId, ct)
            ?? throw Problems.Invalid("/agreementId", "No agreement of yours has this id.");
        agreement.Party(access.Organisation);
        var riskShare = new RiskShare(agreement, request.Title!, TermsRules.Complete(request.Terms!, Preset.Find(request.Preset), agreement));
        agreement.Add(riskShare);
        db.RiskShares.Add(riskShare);
        await db.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/risk-shares/{riskShare.Id}", RiskShareView.Of(riskShare), riskShare.Version);
    }
}
