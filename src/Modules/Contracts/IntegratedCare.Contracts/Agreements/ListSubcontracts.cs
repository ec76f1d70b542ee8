using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// The subcontracts let directly under an agreement, oldest first. The head's parties see the parties, services and dates, whether or
/// not they are a party to the subcontract; only its own parties read its terms.
/// </summary>
internal sealed class ListSubcontracts(ContractsSession session, AccessContext caller) : CareEndpoint<Ok<Page<SubcontractView>>>
{
    public override void Configure()
    {
        Get("/v1/contracts/agreements/{id:guid}/subcontracts");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    protected override async Task<Ok<Page<SubcontractView>>> HandleAsync(CancellationToken ct)
    {
        var (head, after, take) = (Id, Paging.Id() ?? Guid.Empty, Paging.Take + 1);
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        var rows = await session.ListAsync<Agreement>(all => all.Where(a => a.HeadAgreementId == head && a.Id > after).OrderBy(a => a.Id).Take(take), ct);
        return Paging.Answer(HttpContext, [.. rows.Select(s => SubcontractView.Of(agreement, s))], s => [s.Id.ToString()]);
    }
}

/// <param name="Touched">Why it no longer fits within its head, such as the head's end; null while it does.</param>
internal sealed record SubcontractView(
    Guid Id, string Status, string Title, IReadOnlyList<string> Commissioners, IReadOnlyList<string> Providers, IReadOnlyList<string> Services,
    DateOnly From, DateOnly To, string? Touched)
{
    public static SubcontractView Of(Agreement head, Agreement s) => new(
        s.Id, s.Status, s.Title, With(s, Agreement.CommissionerRole), With(s, Agreement.ProviderRole), s.Services, s.StartsOn, s.EndsOn,
        s.Status == Agreement.Ended ? null : SubcontractRules.Misfit(s, head.Services, head.StartsOn, head.EndsOn));

    private static IReadOnlyList<string> With(Agreement agreement, string role) =>
        [.. agreement.Parties.Where(p => p.Role == role).Select(p => p.Organisation)];
}
