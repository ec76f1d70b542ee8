using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// Records a partner's contribution to a fund, in cash or in kind. Posted by that partner or by the host. With a
/// <c>reference</c>, repeating it changes nothing and answers 200.
/// </summary>
internal sealed class AddContribution(CommissioningSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<AddContribution.Request, Results<Created<JournalView>, Ok<JournalView>>>
{
    internal sealed record Request(string? Partner, string? Year, decimal? Amount, string? Kind, string? Reference);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Partner).Code();
            RuleFor(r => r.Year).FinancialYear();
            RuleFor(r => r.Amount).Money(0.01m, 100_000_000_000m);
            RuleFor(r => r.Kind).In(Accounts.Cash, Accounts.InKind);
            RuleFor(r => r.Reference).Line(100).When(r => r.Reference is not null);
        }
    }

    public override void Configure()
    {
        Post("/v1/commissioning/funds/{id:guid}/contributions");
        Access(CommissioningScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<Results<Created<JournalView>, Ok<JournalView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var fund = await session.FindFundAsync(Id, caller, ct) ?? throw Problems.Missing();
        if (!CommissioningSession.SeesAll(caller))
            caller.RequireOrganisation(request.Partner, fund.Host);
        var journal = fund.ContributionJournal(request.Partner!, request.Year!, request.Amount!.Value, request.Kind!, request.Reference, clock.GetUtcNow());
        // Of equal ones at once, one posts and the others find it posted.
        if (request.Reference is not null)
            await session.LockAsync($"contribution|{fund.Id}|{request.Reference}", ct);
        if (request.Reference is not null && await session.FindJournalAsync(fund.Id, Journal.Contribution, request.Reference, ct) is { } posted)
        {
            return posted.HasSameContentAs(journal) ? TypedResults.Ok(JournalView.Of(posted))
                : throw new RuleViolation(CommissioningProblems.ReferenceUsed, CommissioningProblems.ReferenceUsed.Explanation);
        }

        await session.PostAsync(fund, journal, ct);
        await session.SaveChangesAsync(ct);
        return TypedResults.Created($"/v1/commissioning/funds/{fund.Id}/ledger", JournalView.Of(journal));
    }
}
