using FluentValidation;
using IntegratedCare.Commissioning.ControlTotals;
using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>Registers a pooled or aligned fund. Posted by its host, or by the operator. Settlements held for its code are posted at once.</summary>
internal sealed class CreateFund(CommissioningSession session, AccessContext caller) : CareEndpoint<CreateFund.Request, CreatedVersioned<FundView>>
{
    internal sealed record Request(
        string? Code, string? Title, string? LegalForm, string? Host, string? System, IReadOnlyList<string?>? Partners, string? FinancialYear,
            string? Currency);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Code).Code();
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.LegalForm).In(Fund.LegalForms);
            RuleFor(r => r.Host).Code();
            RuleFor(r => r.System).Code();
            RuleFor(r => r.Partners).NotNull();
            RuleFor(r => r.Partners).Must(p => p is null or { Count: >= 1 and <= Fund.MaxPartners }).WithMessage($"Name 1 to {Fund.MaxPartners} partners.");
            RuleForEach(r => r.Partners).Code().When(r => r.Partners is { Count: <= Fund.MaxPartners });
            RuleFor(r => r.FinancialYear).FinancialYear();
            RuleFor(r => r.Currency).In("GBP").When(r => r.Currency is not null);
        }
    }

    public override void Configure()
    {
        Post("/v1/commissioning/funds");
        Access(CommissioningScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<CreatedVersioned<FundView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (!CommissioningSession.SeesAll(caller))
            caller.RequireOrganisation(request.Host);
        // A fund's partners become members of the system and see all its figures: only a member may add a fund to an existing system.
        if (!await session.IsMemberAsync(request.System!, caller, ct) && await session.IsSystemAsync(request.System!, ct))
            throw new RequestRefused(Problems.NotYourOrganisation, "Funds of a system are registered by one of its members, or by the operator.");
        var fund = Fund.Create(request.Code!, request.Title!, request.LegalForm!, request.System!, request.Host!, request.Partners!.Select(p => p!),
            request.FinancialYear!, request.Currency ?? "GBP");
        var known = await session.OrganisationsAsync(fund.Partners, ct);
        if (fund.Partners.Where(p => !known.ContainsKey(p)).ToList() is { Count: > 0 } unknown)
            throw new RuleViolation(CommissioningProblems.UnknownOrganisation, $"Not in the register: {string.Join(", ", unknown)}.");

        await session.LockFundCodeAsync(fund.Code, ct);
        session.Insert(fund);
        await session.FlushAsync(ct);
        await session.PostHeldAsync(fund, ct);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/commissioning/funds/{fund.Id}", await FundView.OfAsync(session, fund, ct), fund.Version);
    }
}
