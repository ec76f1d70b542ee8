using System.Text.Json.Serialization;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <content>Notices, by which parties leave.</content>
internal sealed partial record Agreement
{
    /// <summary>Notices of parties that leave an agreement which goes on, in the order of leaving.</summary>
    [JsonIgnore]
    public IEnumerable<Notice> Leavers =>
        Notices.Where(n => n.Outcome == Notice.PartyLeaves).OrderBy(n => n.LeavesOn).ThenBy(n => n.Organisation, StringComparer.Ordinal);

    private Notice? EndingNotice => Notices.Where(n => n.Outcome == Notice.AgreementEnds).MinBy(n => n.LeavesOn);

    /// <summary>
    /// A party gives notice. It leaves on the last day of a month, no sooner than the notice period allows. The agreement ends
    /// on that day if its terms say so, or if the remaining parties no longer meet the requirements of its structure.
    /// </summary>
    /// <param name="leavesOn">The last day of a month; null for the earliest one possible.</param>
    public (Agreement Next, Notice Notice) GiveNotice(string organisation, ActingUser user, string reason, DateOnly? leavesOn, DateTimeOffset now,
        DateOnly today)
    {
        var party = Party(organisation);
        if (!InForce)
            throw new RuleViolation(ContractsProblems.AgreementClosed, $"Notice is given while an agreement is in force; this one is {Status}.");
        if (Notices.FirstOrDefault(n => n.Organisation == organisation) is { } given)
            throw new RuleViolation(ContractsProblems.NoticeRefused, $"Your organisation has given notice already, and leaves on {given.LeavesOn:yyyy-MM-dd}.");
        var signature = party.Sign(user, now);
        var earliest = EarliestLeaving(today);
        var leaves = leavesOn ?? earliest;
        if (leaves < earliest)
        {
            throw new RuleViolation(ContractsProblems.NoticeRefused,
                $"The notice period is {NoticeMonths} months to the end of a month: {earliest:yyyy-MM-dd} at the earliest.");
        }

        if (leaves >= EndsOn)
            throw new RuleViolation(ContractsProblems.NoticeRefused, $"The agreement ends on {EndsOn:yyyy-MM-dd}, before the notice has run out.");

        var notice = new Notice(Guid.CreateVersion7(), organisation, reason, today, leaves, Notice.PartyLeaves, signature);
        var next = (this with { RecordedVersions = Versions, Notices = [.. Notices, notice] }).DecideOutcomes();
        next = (next with { EndsOn = Earlier(EndsOn, next.EndingNotice?.LeavesOn) }).WithDueOn();
        return (next, next.Notices.First(n => n.Id == notice.Id));
    }

    public DateOnly EarliestLeaving(DateOnly today) => MonthEnd(today.AddMonths(NoticeMonths));

    /// <summary>The parties on a day, today or later, without those that leave before it.</summary>
    public IEnumerable<AgreementParty> PartiesOn(DateOnly day) => Parties.Where(p => Notices.All(n => n.Organisation != p.Organisation || n.LeavesOn >= day));

    /// <summary>Decides for each notice, in the order of leaving, whether the agreement continues with the remaining parties.</summary>
    private Agreement DecideOutcomes()
    {
        var staying = Parties.ToList();
        var decided = new Dictionary<Guid, string>();
        foreach (var notice in Notices.Where(n => staying.Any(p => p.Organisation == n.Organisation)).OrderBy(n => n.LeavesOn).ToList())
        {
            staying.RemoveAll(p => p.Organisation == notice.Organisation);
            decided[notice.Id] = OnWithdrawal == Withdrawal.Ends || StructureRules.PartyFaults(Structure, staying).Any() ? Notice.AgreementEnds
                : Notice.PartyLeaves;
        }

        return this with { Notices = [.. Notices.Select(n => decided.TryGetValue(n.Id, out var outcome) ? n with { Outcome = outcome } : n)] };
    }

    private static DateOnly MonthEnd(DateOnly day) => new(day.Year, day.Month, DateTime.DaysInMonth(day.Year, day.Month));
}
