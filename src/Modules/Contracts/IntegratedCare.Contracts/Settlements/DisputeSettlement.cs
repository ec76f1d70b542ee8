using FluentValidation;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>A party disputes one line of a version, with its reason. It takes back the party's agreement, if given.</summary>
internal sealed class DisputeSettlement(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<DisputeSettlement.Request, OkVersioned<SettlementView>>
{
    internal sealed record Request(int? Line, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Line).NotNull().GreaterThan(0);
            RuleFor(r => r.Reason).Line(2000);
        }
    }

    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/disputes");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<SettlementView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var settlement = await session.FindSettlementAsync(Id, Route<Guid>("settlementId"), caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(settlement.Version);
        var statement = Statement.FromBytes(await session.ReadStatementAsync(settlement.Id, ct));
        var next = settlement.Dispute(caller.Organisation, statement, request.Line!.Value, request.Reason!, caller.RequireActingUser(), clock.GetUtcNow());
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(SettlementView.Of(next, statement, caller), next.Version);
    }
}
