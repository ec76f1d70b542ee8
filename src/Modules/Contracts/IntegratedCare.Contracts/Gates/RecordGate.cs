using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Records the decision on a checkpoint of the Integrated Support and Assurance Process, which a novel (accountable-care) contract
/// passes: 1 and 2 before any party signs, 3 before it starts. Decided in order; a failed checkpoint may be decided again, a passed
/// one is final. Recorded by a party that commissions the contract, if its organisation is a commissioner or an integrated care
/// board, or by the system operator for operations; never by one that provides under it: nobody assures itself.
/// </summary>
internal sealed class RecordGate : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/agreements/{id:guid}/gates", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true,
            kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard, OrganisationKinds.Commissioner]);

    internal sealed record RecordGateRequest(int? Checkpoint, string? Outcome, string? Evidence, DateOnly? DecidedOn);

    internal sealed class Validator : AbstractValidator<RecordGateRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Checkpoint).NotNull().InclusiveBetween(1, 3);
            RuleFor(r => r.Outcome).In(Gate.Outcomes);
            RuleFor(r => r.Evidence).Line(2000);
            RuleFor(r => r.DecidedOn).NotNull().Day();
        }
    }

    private static async Task<CreatedVersioned<GatesView>> Handle(
        Guid id, RecordGateRequest request, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        ifMatch.Check(agreement.Version);
        agreement.CheckNovel();
        if (agreement.Parties.Contains(access.Organisation) && agreement.Party(access.Organisation).Role == Agreement.ProviderRole)
            throw new RuleViolation(ContractsProblems.GateNotYours, ContractsProblems.GateNotYours.Explanation);
        var now = clock.GetUtcNow();
        var user = access.RequireActingUser();
        var gate = new Gate(request.Checkpoint!.Value, request.Outcome!, request.Evidence, request.DecidedOn!.Value, access.Organisation, new Signature(user.Name, user.Role, now), now, null);
        if (agreement.Decide(gate, LondonTime.Today(clock)))
            db.Publish(agreement.ToActivated(now));
        await db.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/agreements/{id}/gates", GatesView.Of(agreement), agreement.Version);
    }
}

/// <summary>The decisions on a novel contract's checkpoints, in the order they were recorded: to its parties, and to the operator.</summary>
internal sealed class ListGates : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/agreements/{id:guid}/gates", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<GatesView>> Handle(Guid id, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        return Answers.Ok(GatesView.Of(agreement), agreement.Version);
    }
}

/// <summary>The checkpoints of an agreement.</summary>
internal sealed record GatesView(Guid AgreementId, string Title, string Structure, string Status, IReadOnlyList<Gate> Gates)
{
    public static GatesView Of(Agreement a) => new(a.Id, a.Document.Title, a.Document.Structure, a.Status, a.Document.Gates);
}
