using IntegratedCare.Commissioning.Funds;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>The members of a system, and who may record an organisation's plan.</summary>
internal static class Membership
{
    /// <summary>
    /// A member takes part in a confirmed fund of the system, has a plan there, or plans for it. A partner that the host has added to a fund
    /// since its confirmation is no member by that: a host makes none.
    /// </summary>
    public static async Task<bool> IsMemberAsync(this CommissioningSession session, string system, AccessContext caller, CancellationToken ct)
    {
        var organisation = caller.Organisation;
        return TextRules.IsCode(system) && (CommissioningSession.SeesAll(caller)
            || await session.AnyAsync<Fund>(f => f.System == system && f.ConfirmedBy != null && f.Partners.Contains(organisation)
                && f.ConfirmedMembers.Contains(organisation), ct)
            || await session.AnyAsync<OrganisationPlan>(p => p.System == system && p.Organisation == organisation, ct)
            || await session.PlansForAsync(system, caller, ct));
    }

    /// <summary>Whether the operator has let the caller's organisation plan for the system.</summary>
    public static Task<bool> PlansForAsync(this CommissioningSession session, string system, AccessContext caller, CancellationToken ct)
    {
        var organisation = caller.Organisation;
        return session.AnyAsync<PlanningRole>(p => p.System == system && p.Organisation == organisation, ct);
    }

    /// <summary>The systems that the caller's organisation plans for.</summary>
    public static async Task<List<string>> PlannedByAsync(this CommissioningSession session, AccessContext caller, CancellationToken ct)
    {
        var organisation = caller.Organisation;
        return [.. (await session.ListAsync<PlanningRole>(all => all.Where(p => p.Organisation == organisation), ct)).Select(p => p.System)];
    }

    /// <summary>
    /// Plans are recorded by the organisation itself if it is a member, by who plans for the system, or by the operator. A fund's host may do
    /// no more than its partners.
    /// </summary>
    public static async Task RequirePlannerAsync(this CommissioningSession session, string system, string planned, AccessContext caller, CancellationToken ct)
    {
        if (!await session.IsMemberAsync(system, caller, ct))
            throw Problems.Missing();
        if (!CommissioningSession.SeesAll(caller) && planned != caller.Organisation && !await session.PlansForAsync(system, caller, ct))
        {
            throw new RequestRefused(Problems.NotYourOrganisation,
                "A plan is recorded by the organisation itself, by an organisation that plans for the system, or by the operator.");
        }
    }
}
