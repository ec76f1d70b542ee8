using FluentValidation;
using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Reactions;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Commissioning.Features;

/// <summary>
/// Records what a partner brings to a fund, in cash or in kind. Posted by that partner or by the host. With a
/// <c>reference</c>, repeating it changes nothing and answers 200.
/// </summary>
internal sealed class AddContribution : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/commissioning/funds/{id:guid}/contributions", Handle)
        .Access(Scopes.CommissioningWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record AddContributionRequest(string? Partner, string? Year, decimal? Amount, string? Kind, string? Reference);

    internal sealed class Validator : AbstractValidator<AddContributionRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Partner).Code();
            RuleFor(r => r.Year).FinancialYear();
            RuleFor(r => r.Amount).Money(0.01m, 100_000_000_000m);
            RuleFor(r => r.Kind).In(Accounts.Cash, Accounts.InKind);
            RuleFor(r => r.Reference).Line(100).When(r => r.Reference is not null);
        }
    }

    private static async Task<Results<Created<JournalView>, Ok<JournalView>>> Handle(
        Guid id, AddContributionRequest request, CommissioningDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var fund = await db.Funds.To(access).FirstOrDefaultAsync(f => f.Id == id, ct) ?? throw Problems.Missing();
        if (!Visible.SeesAll(access))
            access.RequireOrganisation(request.Partner, fund.Host);
        var journal = fund.Contribute(request.Partner!, request.Year!, request.Amount!.Value, request.Kind!, request.Reference, clock.GetUtcNow());
        if (request.Reference is not null
            && await db.Journals.Include(j => j.Entries).FirstOrDefaultAsync(j => j.FundId == id && j.Kind == Journal.Contribution && j.Reference == request.Reference, ct) is { } posted)
        {
            return posted.SaysTheSameAs(journal) ? TypedResults.Ok(JournalView.Of(posted))
                : throw new RuleViolation(CommissioningProblems.ReferenceUsed, CommissioningProblems.ReferenceUsed.Explanation);
        }

        db.Post(fund, journal);
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/v1/commissioning/funds/{id}/ledger", JournalView.Of(journal));
    }
}
