using FluentValidation;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Gates;

/// <summary>
/// Records the decision on a checkpoint of the Integrated Support and Assurance Process, which a novel (accountable-care) contract
/// passes: 1 and 2 before any party signs, 3 before it starts. Decided in order; a failed checkpoint may be decided again, a passed
/// one is final. Recorded by a party that commissions the contract, if its organisation is a commissioner or an integrated care
/// board, or by the system operator for operations; never by a provider under it, which would be assuring itself.
/// </summary>
internal sealed class RecordGate(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<RecordGate.Request, CreatedVersioned<GatesView>>
{
    internal sealed record Request(int? Checkpoint, string? Outcome, string? Evidence, DateOnly? DecidedOn);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Checkpoint).NotNull().InclusiveBetween(1, 3);
            RuleFor(r => r.Outcome).In(Gate.Outcomes);
            RuleFor(r => r.Evidence).Line(2000);
            RuleFor(r => r.DecidedOn).NotNull().Day();
        }
    }

    public override void Configure()
    {
        Post("/v1/contracts/agreements/{id:guid}/gates");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true,
            kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard, OrganisationKinds.Commissioner]);
        ChangesVersion();
    }

    public override async Task<CreatedVersioned<GatesView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(agreement.Version);
        agreement.CheckNovel();
        if (agreement.Organisations.Contains(caller.Organisation) && agreement.Party(caller.Organisation).Role == Agreement.ProviderRole)
            throw new RuleViolation(ContractsProblems.GateNotYours, ContractsProblems.GateNotYours.Explanation);
        var now = clock.GetUtcNow();
        var user = caller.RequireActingUser();
        var gate = new Gate(
            request.Checkpoint!.Value, request.Outcome!, request.Evidence, request.DecidedOn!.Value, caller.Organisation,
            new Signature(user.Name, user.Role, now), now, null);
        var (next, activated) = agreement.Decide(gate, LondonTime.Today(clock));
        session.Update(next);
        if (activated)
            session.Publish(next.ToActivated(now));
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/agreements/{Id}/gates", GatesView.Of(next), next.Version);
    }
}
