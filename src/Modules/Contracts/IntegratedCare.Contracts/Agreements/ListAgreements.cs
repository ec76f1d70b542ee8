using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>The agreements the caller's organisation is a party to, oldest first.</summary>
internal sealed class ListAgreements(ContractsSession session, AccessContext caller) : CareEndpoint<ListAgreements.Request, Ok<Page<AgreementView>>>
{
    /// <param name="Status">Only those in this state.</param>
    internal sealed record Request(string? Status);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Status).In(Agreement.Statuses).When(r => r.Status is not null);
    }

    public override void Configure()
    {
        Get("/v1/contracts/agreements");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    public override async Task<Ok<Page<AgreementView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (after, take, organisation) = (Paging.Id() ?? Guid.Empty, Paging.Take + 1, caller.Organisation);
        var rows = await session.ListAsync<Agreement>(agreements =>
        {
            var visible = agreements.Where(a => a.Id > after);
            if (!ContractsSession.SeesAll(caller))
                visible = visible.Where(a => a.Organisations.Contains(organisation));
            if (request.Status is { } status)
                visible = visible.Where(a => a.Status == status);
            return visible.OrderBy(a => a.Id).Take(take);
        }, ct);
        var names = await session.NamesAsync(rows.SelectMany(a => a.Organisations), ct);
        return Paging.Answer(HttpContext, [.. rows.Select(a => AgreementView.Of(a, names))], a => [a.Id.ToString()]);
    }
}
