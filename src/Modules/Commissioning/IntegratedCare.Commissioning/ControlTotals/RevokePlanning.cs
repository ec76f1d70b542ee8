using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>Ends an organisation's planning for a system. What it has recorded and confirmed stays. By the operator alone.</summary>
internal sealed class RevokePlanning(CommissioningSession session) : CareEndpoint<NoContent>
{
    public override void Configure()
    {
        Delete("/v1/commissioning/control-totals/{system}/planners/{id:guid}");
        Access(CommissioningScopes.Write, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator]);
        ChangesVersion();
    }

    protected override async Task<NoContent> HandleAsync(CancellationToken ct)
    {
        var role = await session.FindAsync<PlanningRole>(Id, ct) is { } found && found.System == Route<string>("system") ? found : throw Problems.Missing();
        IfMatch.Check(role.Version);
        session.Delete(role);
        await session.SaveChangesAsync(ct);
        return TypedResults.NoContent();
    }
}
