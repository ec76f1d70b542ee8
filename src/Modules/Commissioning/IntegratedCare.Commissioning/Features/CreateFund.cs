using FluentValidation;
using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Reactions;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Commissioning.Features;

/// <summary>Registers a pooled or aligned fund. Posted by its host, or by the operator. Settlements held for its code are posted at once.</summary>
internal sealed class CreateFund : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/commissioning/funds", Handle)
        .Access(Scopes.CommissioningWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record CreateFundRequest(
        string? Code, string? Title, string? LegalForm, string? Host, string? System, IReadOnlyList<string?>? Partners, string? FinancialYear, string? Currency);

    internal sealed class Validator : AbstractValidator<CreateFundRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Code).Code();
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.LegalForm).In(Fund.LegalForms);
            RuleFor(r => r.Host).Code();
            RuleFor(r => r.System).Code();
            RuleFor(r => r.Partners).NotNull();
            RuleFor(r => r.Partners).Must(p => p is null or { Count: >= 1 and <= Fund.MostPartners }).WithMessage($"Name 1 to {Fund.MostPartners} partners.");
            RuleForEach(r => r.Partners).Code().When(r => r.Partners is { Count: <= Fund.MostPartners });
            RuleFor(r => r.FinancialYear).FinancialYear();
            RuleFor(r => r.Currency).In("GBP").When(r => r.Currency is not null);
        }
    }

    private static async Task<CreatedVersioned<FundView>> Handle(CreateFundRequest request, CommissioningDb db, AccessContext access, CancellationToken ct)
    {
        if (!Visible.SeesAll(access))
            access.RequireOrganisation(request.Host);
        // A fund makes its partners members of the system, who see everybody's figures: nobody lets themselves in.
        if (!await db.IsMemberAsync(request.System!, access, ct) && await db.IsSystemAsync(request.System!, ct))
            throw new RequestRefused(Problems.NotYourOrganisation, "Funds of a system are registered by one of its members, or by the operator.");
        var fund = new Fund(request.Code!, request.System!, request.Host!, request.Partners!.Select(p => p!),
            new FundDocument(request.Title!, request.LegalForm!, request.FinancialYear!, request.Currency ?? "GBP"));
        var names = await db.NamesAsync(fund.Partners, ct);
        var unknown = fund.Partners.Where(p => !names.ContainsKey(p)).ToList();
        if (unknown.Count > 0)
            throw new RuleViolation(CommissioningProblems.UnknownOrganisation, $"Not in the register: {string.Join(", ", unknown)}.");

        await db.InTransactionAsync(async () =>
        {
            await db.LockFundCodeAsync(fund.Code, ct);
            db.Funds.Add(fund);
            await db.SaveChangesAsync(ct);
            await db.PostHeldAsync(fund, ct);
            await db.SaveChangesAsync(ct);
        }, ct);
        return Answers.Created($"/v1/commissioning/funds/{fund.Id}", await FundView.OfAsync(db, fund, names, ct), fund.Version);
    }
}
