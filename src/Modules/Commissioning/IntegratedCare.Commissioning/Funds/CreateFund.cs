using FluentValidation;
using IntegratedCare.Commissioning.ControlTotals;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>
/// Proposes a pooled or aligned fund. Posted by its host: the partners it names are asked and accept themselves, and who plans for the
/// system confirms it. Posted by the operator it is in force at once, with the partners named.
/// </summary>
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
        var fund = Fund.Propose(request.Code!, request.Title!, request.LegalForm!, request.System!, request.Host!, request.Partners!.Select(p => p!),
            request.FinancialYear!, request.Currency ?? "GBP");
        string[] named = [fund.Host, .. fund.Invited];
        var known = await session.OrganisationsAsync(named, ct);
        if (named.Where(p => !known.ContainsKey(p)).ToList() is { Count: > 0 } unknown)
            throw new RuleViolation(CommissioningProblems.UnknownOrganisation, $"Not in the register: {string.Join(", ", unknown)}.");

        if (CommissioningSession.SeesAll(caller))
            fund = fund.Invited.Aggregate(fund, (f, partner) => f.Accept(partner)).Confirm(caller.Organisation);
        else if (await session.PlansForAsync(fund.System, caller, ct))
            fund = fund.Confirm(caller.Organisation);
        session.Insert(fund);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/commissioning/funds/{fund.Id}", await FundView.OfAsync(session, fund, ct), fund.Version);
    }
}
