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
/// Computes the statement of a pack of terms and inputs, and stores nothing. Anybody may replay a settlement with the pack that
/// <c>.../settlements/{settlementId}/pack</c> gives: the same bytes come back. The host's verb <c>settle</c> does the same without a
/// database. JSON, or with <c>Accept</c> CSV or a printable page.
/// </summary>
internal sealed class ReplaySettlement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/settlements/replay", Handle)
        .WithMetadata(new NoIdempotencyKey())
        .Produces<Statement>(200, StatementAnswer.MediaTypes[0], StatementAnswer.MediaTypes[1..])
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static IResult Handle(PackDraft request, HttpContext http) =>
        StatementAnswer.Of(http, RiskShareEngine.Settle(request.Complete()).ToBytes());
}

/// <summary>
/// As <c>/v1/contracts/settlements/replay</c>, for a party to the risk-share: a pack without terms takes those of the risk-share
/// that are in force on the first day of its period, so that other inputs can be tried under them. Nothing is stored.
/// </summary>
internal sealed class ReplayOwnSettlement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/settlements/replay", Handle)
        .WithMetadata(new NoIdempotencyKey())
        .Produces<Statement>(200, StatementAnswer.MediaTypes[0], StatementAnswer.MediaTypes[1..])
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<IResult> Handle(Guid id, PackDraft request, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct) =>
        StatementAnswer.Of(http, RiskShareEngine.Settle((await request.UnderAsync(db, id, access, ct)).Complete()).ToBytes());
}

/// <summary>The pack of a version of a settlement: with it anybody can replay the settlement to the same bytes.</summary>
internal sealed class GetPack : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/pack", Handle)
        .Produces<PackDraft>(200, "application/json")
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<IResult> Handle(Guid id, Guid settlementId, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var settlement = await db.FindSettlementAsync(id, settlementId, access, ct);
        var statement = Statement.FromBytes(settlement.Statement);
        return OpenBook.ShowsAll(statement, access)
            ? TypedResults.Bytes(CanonicalJson.ToBytes(PackDraft.Of(statement)), "application/json")
            : throw new RequestRefused(ContractsProblems.ClosedBook, ContractsProblems.ClosedBook.Explanation);
    }
}

internal static class Packs
{
    /// <summary>The pack with the terms and parties of a risk-share of the caller's where it has none of its own.</summary>
    public static async Task<PackDraft> UnderAsync(this PackDraft pack, ContractsDb db, Guid riskShareId, AccessContext access, CancellationToken ct, string at = "")
    {
        var riskShare = await db.RiskShares.To(access).FirstOrDefaultAsync(r => r.Id == riskShareId, ct) ?? throw Problems.Missing();
        if (pack.Terms is not null)
            return pack;
        if (pack.RiskShare is not null || pack.TermsVersion is not null || pack.Parties is not null)
            throw Problems.Invalid($"{at}/{(pack.RiskShare is not null ? "riskShare" : pack.TermsVersion is not null ? "termsVersion" : "parties")}", "Left out together with the terms: those of the risk-share are taken.");
        var agreement = await db.Agreements.SingleAsync(a => a.Id == riskShare.AgreementId, ct);
        var (version, terms) = riskShare.TermsFor(agreement, SettlementPeriod.Parse(pack.Period)?.First ?? agreement.StartsOn);
        return pack with
        {
            RiskShare = new StatementRiskShare(riskShare.Id, agreement.Id, riskShare.Document.Title),
            TermsVersion = version,
            Terms = terms.ToDraft(),
            // The terms name every party there was; who has left the agreement since is still one of them.
            Parties = null,
        };
    }
}
