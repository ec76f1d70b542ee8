using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>
/// Lets an organisation plan for a system: it records any member's plan, sees all its figures and confirms its funds. By the operator
/// alone. Repeating it answers 200.
/// </summary>
internal sealed class GrantPlanning(CommissioningSession session)
    : CareEndpoint<GrantPlanning.Request, Results<CreatedVersioned<PlanningRoleView>, OkVersioned<PlanningRoleView>>>
{
    internal sealed record Request(string? Organisation);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Organisation).Code();
    }

    public override void Configure()
    {
        Post("/v1/commissioning/control-totals/{system}/planners");
        Access(CommissioningScopes.Write, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator]);
    }

    public override async Task<Results<CreatedVersioned<PlanningRoleView>, OkVersioned<PlanningRoleView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var system = Route<string>("system")!;
        if (!TextRules.IsCode(system))
            throw Problems.Missing();
        if ((await session.OrganisationsAsync([request.Organisation!], ct)).Count == 0)
            throw new RuleViolation(CommissioningProblems.UnknownOrganisation, $"Not in the register: {request.Organisation}.");
        await session.LockAsync($"planner|{system}|{request.Organisation}", ct);
        if (await session.FirstOrDefaultAsync<PlanningRole>(p => p.System == system && p.Organisation == request.Organisation, ct) is { } granted)
            return Answers.Ok(PlanningRoleView.Of(granted), granted.Version);
        var role = new PlanningRole(system, request.Organisation!);
        session.Insert(role);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/commissioning/control-totals/{system}/planners/{role.Id}", PlanningRoleView.Of(role), role.Version);
    }
}

internal sealed record PlanningRoleView(Guid Id, string System, string Organisation)
{
    public static PlanningRoleView Of(PlanningRole role) => new(role.Id, role.System, role.Organisation);
}
