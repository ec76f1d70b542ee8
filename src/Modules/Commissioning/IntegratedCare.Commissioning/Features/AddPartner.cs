using FluentValidation;
using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Reactions;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Commissioning.Features;

/// <summary>
/// Takes another organisation into a fund. Posted by the fund's host, or by the operator: a partner sees the system's figures,
/// and nobody lets themselves in. Settlements that were held because the organisation was no partner are posted at once.
/// </summary>
internal sealed class AddPartner : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/commissioning/funds/{id:guid}/partners", Handle)
        .Access(Scopes.CommissioningWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record AddPartnerRequest(string? Organisation);

    internal sealed class Validator : AbstractValidator<AddPartnerRequest>
    {
        public Validator() => RuleFor(r => r.Organisation).Code();
    }

    private static async Task<OkVersioned<FundView>> Handle(Guid id, AddPartnerRequest request, IfMatch ifMatch, CommissioningDb db, AccessContext access, CancellationToken ct)
    {
        var fund = await db.Funds.To(access).FirstOrDefaultAsync(f => f.Id == id, ct) ?? throw Problems.Missing();
        if (!Visible.SeesAll(access))
            access.RequireOrganisation(fund.Host);
        ifMatch.Check(fund.Version);
        fund.Admit(request.Organisation!);
        var names = await db.NamesAsync(fund.Partners, ct);
        if (!names.ContainsKey(request.Organisation!))
            throw new RuleViolation(CommissioningProblems.UnknownOrganisation, $"Not in the register: {request.Organisation}.");

        await db.InTransactionAsync(async () =>
        {
            // A settlement that is being agreed finds either the new partner, or itself among those held.
            await db.LockFundCodeAsync(fund.Code, ct);
            await db.PostHeldAsync(fund, ct);
            await db.SaveChangesAsync(ct);
        }, ct);
        return Answers.Ok(await FundView.OfAsync(db, fund, names, ct), fund.Version);
    }
}
