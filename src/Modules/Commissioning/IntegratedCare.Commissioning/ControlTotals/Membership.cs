using IntegratedCare.Commissioning.Funds;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>The members of a system, and who may record an organisation's plan.</summary>
internal static class Membership
{
    /// <summary>A member takes part in a fund of the system, or has a plan there.</summary>
    public static async Task<bool> IsMemberAsync(this CommissioningSession session, string system, AccessContext caller, CancellationToken ct)
    {
        var organisation = caller.Organisation;
        return TextRules.IsCode(system) && (CommissioningSession.SeesAll(caller)
            || await session.AnyAsync<Fund>(f => f.System == system && f.Partners.Contains(organisation), ct)
            || await session.AnyAsync<OrganisationPlan>(p => p.System == system && p.Organisation == organisation, ct));
    }

    /// <summary>Whether the system has a fund or a plan yet.</summary>
    public static async Task<bool> IsSystemAsync(this CommissioningSession session, string system, CancellationToken ct) =>
        await session.AnyAsync<Fund>(f => f.System == system, ct) || await session.AnyAsync<OrganisationPlan>(p => p.System == system, ct);

    /// <summary>Plans are recorded by the organisation itself if it is a member, by the host of a fund of the system, or by the operator.</summary>
    public static async Task RequirePlannerAsync(this CommissioningSession session, string system, string planned, AccessContext caller, CancellationToken ct)
    {
        if (!await session.IsMemberAsync(system, caller, ct))
            throw Problems.Missing();
        var organisation = caller.Organisation;
        if (!CommissioningSession.SeesAll(caller) && planned != organisation
            && !await session.AnyAsync<Fund>(f => f.System == system && f.Host == organisation, ct))
        {
            throw new RequestRefused(Problems.NotYourOrganisation,
                "A plan is recorded by the organisation itself, by the host of a fund of the system, or by the operator.");
        }
    }
}
