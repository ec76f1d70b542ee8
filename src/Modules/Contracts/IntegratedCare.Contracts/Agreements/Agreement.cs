using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Contracts.Domain;

/// <summary>
/// A contract between parties: <c>draft</c>, <c>agreed</c> once every party has signed, <c>active</c> from its first day,
/// <c>varied</c> from the day its first variation takes effect (in force as before, on other terms), <c>ended</c> after its last.
/// </summary>
internal sealed class Agreement : Aggregate
{
    public const string Draft = "draft";
    public const string Agreed = "agreed";
    public const string Active = "active";
    public const string Varied = "varied";
    public const string Ended = "ended";

    public static readonly string[] Statuses = [Draft, Agreed, Active, Varied, Ended];
    public static readonly string[] Forms = ["block", "activity-at-price", "blended", "aligned-payment-and-incentive", "capitation", "year-of-care", "outcome-share", "incentive", "risk-share"];
    public static readonly string[] Structures = StructureRules.All;
    public static readonly string[] Roles = [CommissionerRole, ProviderRole];
    public const string CommissionerRole = "commissioner";
    public const string ProviderRole = "provider";

    public string Status { get; private set; } = Draft;

    /// <summary>Everybody who is or was a party: who has left still reads what it was bound by.</summary>
    public string[] Parties { get; private set; } = [];
    public DateOnly StartsOn { get; private set; }
    public DateOnly EndsOn { get; private set; }

    /// <summary>The prime provider's contract that this one is let under.</summary>
    public Guid? HeadAgreementId { get; private set; }

    /// <summary>The day on which the calendar has something to do; null when only a party can move it on.</summary>
    public DateOnly? DueOn { get; private set; }
    public AgreementDocument Document { get; private set; } = null!;

    private Agreement()
    {
    }

    public Agreement(AgreementDocument document, DateOnly startsOn, DateOnly endsOn, Guid? headAgreementId = null)
    {
        Document = document;
        Parties = [.. document.Parties.Select(p => p.Organisation)];
        StartsOn = startsOn;
        EndsOn = endsOn;
        HeadAgreementId = headAgreementId;
    }

    public bool InForce => Status is Active or Varied;

    /// <summary>A party signs: the agreement, and the risk-shares that are part of it. True when this signature made it active.</summary>
    public bool Sign(string organisation, ActingUser signatory, IEnumerable<RiskShare> riskShares, DateTimeOffset now, DateOnly today)
    {
        var party = Party(organisation);
        if (Status != Draft)
            throw new RuleViolation(party.Signature is null ? ContractsProblems.AgreementClosed : ContractsProblems.AlreadySigned, $"The agreement is {Status}.");
        if (party.Signature is not null)
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
        RequireGates("signed", 1, 2);
        var signature = party.Sign(signatory, now);
        Document = Document with { Parties = [.. Document.Parties.Select(p => p == party ? p with { Signature = signature } : p)] };
        foreach (var riskShare in riskShares)
            riskShare.AcceptWith(organisation, signature);
        if (Document.Parties.Any(p => p.Signature is null))
            return false;
        Status = Agreed;
        return Advance(today);
    }

    /// <summary>Moves on with the calendar; true when it has become active.</summary>
    public bool Advance(DateOnly today)
    {
        var activated = false;
        if (Status == Agreed && StartsOn <= today && MayStart)
        {
            Status = Active;
            activated = true;
        }

        if (Status is not (Draft or Ended))
        {
            foreach (var version in Document.Versions.Where(v => v.Status == Variation.Agreed && v.Number > Document.TermsVersion && v.EffectiveFrom <= today).ToList())
                TakeEffect(version);
            foreach (var notice in Leavers.Where(n => n.LeavesOn < today && Document.Parties.Any(p => p.Organisation == n.Organisation)).ToList())
                Leave(notice);
            if (Status == Active && Document.TermsVersion > 1)
                Status = Varied;
            if (EndsOn < today)
                Status = Ended;
        }

        Plan();
        return activated;
    }

    /// <summary>Takes a risk-share in. It changes the agreement's version, so nobody signs without having seen it.</summary>
    public void Add(RiskShare riskShare)
    {
        if (Status == Ended)
            throw new RuleViolation(ContractsProblems.AgreementClosed, "The agreement has ended.");
        Document = Document with { RiskShares = [.. Document.RiskShares, riskShare.Id] };
    }

    /// <summary>Proposes changed terms, the next version. A proposal that is still open gives way to it.</summary>
    public AgreementVersion Vary(string organisation, AgreementChange change, DateTimeOffset now)
    {
        Party(organisation);
        CheckSigned("varied");
        var versions = Versions;
        var latest = versions.Last(v => v.Status == Variation.Agreed);
        if (change.EffectiveFrom < latest.EffectiveFrom || change.EffectiveFrom > EndsOn)
        {
            throw new RuleViolation(ContractsProblems.VariationRefused,
                $"It must take effect between {latest.EffectiveFrom:yyyy-MM-dd}, when terms version {latest.Number} does, and the agreement's last day, {EndsOn:yyyy-MM-dd}.");
        }

        var strangers = (change.Signatories ?? []).Where(s => Document.Parties.All(p => p.Organisation != s.Organisation)).Select(s => s.Organisation).ToList();
        if (strangers.Count > 0)
            throw new RuleViolation(ContractsProblems.VariationRefused, $"No party of this agreement: {string.Join(", ", strangers)}. A variation changes signatories, not parties.");

        var terms = new AgreementTerms(
            change.Title ?? latest.Terms.Title,
            change.Services ?? latest.Terms.Services,
            change.To ?? latest.Terms.To,
            [.. latest.Terms.Signatories.Where(s => change.Signatories?.Any(c => c.Organisation == s.Organisation) != true), .. change.Signatories ?? []],
            change.HeadAgreement ?? latest.Terms.HeadAgreement);
        if (terms.To < change.EffectiveFrom)
            throw new RuleViolation(ContractsProblems.VariationRefused, "The new last day is before the day on which the variation takes effect.");
        if (EndingNotice is { } notice && terms.To > notice.LeavesOn)
            throw new RuleViolation(ContractsProblems.VariationRefused, $"The agreement ends on {notice.LeavesOn:yyyy-MM-dd} by the notice of {notice.Organisation}.");
        if (StructureRules.Length(Document.Structure, StartsOn, terms.To) is { } fault)
            throw new RuleViolation(ContractsProblems.VariationRefused, fault);

        var version = new AgreementVersion(versions[^1].Number + 1, Variation.Proposed, change.EffectiveFrom, change.Reason, organisation, now, terms, []);
        Document = Document with { Versions = [.. versions.Select(v => v.Status == Variation.Proposed ? v with { Status = Variation.Superseded } : v), version] };
        return version;
    }

    /// <summary>
    /// A party signs a variation: by the signatory the agreement names, or by the one this variation would name, since it only
    /// counts when every other party has signed that too. True when it was the last signature.
    /// </summary>
    public bool SignVariation(int number, string organisation, ActingUser user, DateTimeOffset now)
    {
        var party = Party(organisation);
        CheckSigned("varied");
        var version = Document.Versions.FirstOrDefault(v => v.Number == number && v.ProposedBy is not null) ?? throw Problems.Missing();
        if (version.Status != Variation.Proposed)
            throw new RuleViolation(version.Signed(organisation) ? ContractsProblems.AlreadySigned : ContractsProblems.VariationClosed, $"Terms version {number} is {version.Status}.");
        if (version.Signed(organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
        if (Signers(version).All(s => s != organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, "Your organisation will have left when this variation takes effect.");
        var successor = version.Terms.Signatories.First(s => s.Organisation == organisation).Signatory;
        var signature = successor.Is(user) ? new Signature(user.Name, user.Role, now) : party.Sign(user, now);
        version = version with { Signatures = [.. version.Signatures, new Acceptance(organisation, signature)] };
        var last = Signers(version).All(version.Signed);
        Replace(last ? version with { Status = Variation.Agreed } : version);
        if (last)
            HeadAgreementId = version.Terms.HeadAgreement;
        return last;
    }

    /// <summary>Who must sign a variation: the parties that have not left when it takes effect.</summary>
    public IEnumerable<string> Signers(AgreementVersion version) => PartiesOn(version.EffectiveFrom).Select(p => p.Organisation);

    /// <summary>All versions of the terms; the first is what the parties signed.</summary>
    public IReadOnlyList<AgreementVersion> Versions => Document.Versions.Count > 0 ? Document.Versions :
    [
        new AgreementVersion(1, Status == Draft ? Variation.Proposed : Variation.Agreed, StartsOn, null, null, null,
            new AgreementTerms(Document.Title, Document.Services, EndsOn, [.. Document.Parties.Select(p => new NamedSignatory(p.Organisation, p.Signatory))], HeadAgreementId),
            [.. Document.Parties.Where(p => p.Signature is not null).Select(p => new Acceptance(p.Organisation, p.Signature!))]),
    ];

    /// <summary>
    /// A party gives notice. It leaves on the last day of a month, no sooner than the notice period allows. The agreement ends
    /// on that day when its terms say so, or when the parties that stay no longer make an agreement of its structure.
    /// </summary>
    /// <param name="leavesOn">The last day of a month; null for the earliest one possible.</param>
    public Notice GiveNotice(string organisation, ActingUser user, string reason, DateOnly? leavesOn, DateTimeOffset now, DateOnly today)
    {
        var party = Party(organisation);
        if (!InForce)
            throw new RuleViolation(ContractsProblems.AgreementClosed, $"Notice is given while an agreement is in force; this one is {Status}.");
        if (Document.Notices.FirstOrDefault(n => n.Organisation == organisation) is { } given)
            throw new RuleViolation(ContractsProblems.NoticeRefused, $"Your organisation has given notice already, and leaves on {given.LeavesOn:yyyy-MM-dd}.");
        var signature = party.Sign(user, now);
        var earliest = EarliestLeaving(today);
        var leaves = leavesOn ?? earliest;
        if (leaves < earliest)
            throw new RuleViolation(ContractsProblems.NoticeRefused, $"The notice period is {Document.NoticeMonths} months to the end of a month: {earliest:yyyy-MM-dd} at the earliest.");
        if (leaves >= EndsOn)
            throw new RuleViolation(ContractsProblems.NoticeRefused, $"The agreement ends on {EndsOn:yyyy-MM-dd}, before the notice has run out.");

        var id = Guid.CreateVersion7();
        Document = Document with { Versions = Versions, Notices = [.. Document.Notices, new Notice(id, organisation, reason, today, leaves, Notice.PartyLeaves, signature)] };
        DecideOutcomes();
        EndsOn = Earlier(EndsOn, EndingNotice?.LeavesOn);
        Plan();
        return Document.Notices.First(n => n.Id == id);
    }

    public DateOnly EarliestLeaving(DateOnly today) => MonthEnd(today.AddMonths(Document.NoticeMonths));

    /// <summary>Notices of parties that leave an agreement which goes on, in the order of leaving.</summary>
    public IEnumerable<Notice> Leavers => Document.Notices.Where(n => n.Outcome == Notice.PartyLeaves).OrderBy(n => n.LeavesOn).ThenBy(n => n.Organisation, StringComparer.Ordinal);

    /// <summary>The parties on a day, today or later: without those that have left by then.</summary>
    public IEnumerable<AgreementParty> PartiesOn(DateOnly day) => Document.Parties.Where(p => Document.Notices.All(n => n.Organisation != p.Organisation || n.LeavesOn >= day));

    /// <summary>Records a decision on a checkpoint of the assurance process; true when it made the agreement active.</summary>
    public bool Decide(Gate gate, DateOnly today)
    {
        CheckNovel();
        if (gate.DecidedOn > today)
            throw new RuleViolation(ContractsProblems.GateRefused, "A decision is recorded once it has been taken: decidedOn lies in the future.");
        if (Document.Gates.Any(g => g.Checkpoint == gate.Checkpoint && g.Passed))
            throw new RuleViolation(ContractsProblems.GateRefused, $"Checkpoint {gate.Checkpoint} has been passed; that is final.");
        if (gate.Checkpoint > 1 && PassedOn(gate.Checkpoint - 1) is var before && (before is null || before > gate.DecidedOn))
        {
            throw new RuleViolation(ContractsProblems.GateRefused, before is null
                ? $"Checkpoint {gate.Checkpoint - 1} has not been passed; checkpoints are decided in order."
                : $"Checkpoint {gate.Checkpoint - 1} was passed on {before:yyyy-MM-dd}; the next is not decided before it.");
        }

        Document = Document with { Gates = [.. Document.Gates, gate] };
        return Advance(today);
    }

    /// <summary>
    /// Another module says that a checkpoint was passed. Of what it says of a checkpoint the highest version counts, in whatever
    /// order it comes; what was recorded here stands beside it. True when it made the agreement active.
    /// </summary>
    public bool Hear(Gate gate, DateOnly today)
    {
        if (!StructureRules.IsNovel(Document.Structure) || Document.Gates.Any(g => g.Checkpoint == gate.Checkpoint && g.EventVersion >= gate.EventVersion))
            return false;
        Document = Document with { Gates = [.. Document.Gates.Where(g => g.Checkpoint != gate.Checkpoint || g.EventVersion is null), gate] };
        return Advance(today);
    }

    public void CheckNovel()
    {
        if (!StructureRules.IsNovel(Document.Structure))
            throw new RuleViolation(ContractsProblems.GateRefused, $"Only a novel contract ({StructureRules.AccountableCare}) passes the checkpoints; this one is {Document.Structure}.");
    }

    public AgreementParty Party(string organisation) => Document.Parties.FirstOrDefault(p => p.Organisation == organisation)
        ?? throw new RuleViolation(ContractsProblems.NotAParty, Document.Left.Any(p => p.Organisation == organisation)
            ? "Your organisation has left this agreement." : ContractsProblems.NotAParty.Explanation);

    /// <summary>A party, or one that has left: for what it was bound by.</summary>
    public AgreementParty PartyOrFormer(string organisation) => Document.Left.FirstOrDefault(p => p.Organisation == organisation) ?? Party(organisation);

    private bool MayStart => !StructureRules.IsNovel(Document.Structure) || PassedOn(3) is not null;

    private Notice? EndingNotice => Document.Notices.Where(n => n.Outcome == Notice.AgreementEnds).MinBy(n => n.LeavesOn);

    private DateOnly? PassedOn(int checkpoint) => Document.Gates.FirstOrDefault(g => g.Checkpoint == checkpoint && g.Passed)?.DecidedOn;

    private void RequireGates(string what, params ReadOnlySpan<int> checkpoints)
    {
        if (!StructureRules.IsNovel(Document.Structure))
            return;
        foreach (var checkpoint in checkpoints)
        {
            if (PassedOn(checkpoint) is null)
                throw new RuleViolation(ContractsProblems.GateNotPassed, $"An {Document.Structure} contract is not {what} before checkpoint {checkpoint} has been passed.");
        }
    }

    private void CheckSigned(string what)
    {
        if (Status is Draft or Ended)
            throw new RuleViolation(ContractsProblems.AgreementClosed, $"An agreement is {what} once all have signed it and until it ends; this one is {Status}.");
    }

    private void TakeEffect(AgreementVersion version)
    {
        var terms = version.Terms;
        Document = Document with
        {
            Title = terms.Title,
            Services = terms.Services,
            TermsVersion = version.Number,
            Parties = [.. Document.Parties.Select(p => p with { Signatory = terms.Signatories.First(s => s.Organisation == p.Organisation).Signatory })],
        };
        EndsOn = Earlier(terms.To, EndingNotice?.LeavesOn);
    }

    private void Leave(Notice notice) => Document = Document with
    {
        Parties = [.. Document.Parties.Where(p => p.Organisation != notice.Organisation)],
        Left = [.. Document.Left, Document.Parties.First(p => p.Organisation == notice.Organisation)],
    };

    /// <summary>In the order of leaving: whether the agreement can go on with those that stay. Another's notice may change that.</summary>
    private void DecideOutcomes()
    {
        var staying = Document.Parties.ToList();
        var decided = new Dictionary<Guid, string>();
        foreach (var notice in Document.Notices.Where(n => staying.Any(p => p.Organisation == n.Organisation)).OrderBy(n => n.LeavesOn).ToList())
        {
            staying.RemoveAll(p => p.Organisation == notice.Organisation);
            decided[notice.Id] = Document.OnWithdrawal == Withdrawal.Ends || StructureRules.Parties(Document.Structure, staying).Any() ? Notice.AgreementEnds : Notice.PartyLeaves;
        }

        Document = Document with { Notices = [.. Document.Notices.Select(n => decided.TryGetValue(n.Id, out var outcome) ? n with { Outcome = outcome } : n)] };
    }

    private void Replace(AgreementVersion version) =>
        Document = Document with { Versions = [.. Document.Versions.Select(v => v.Number == version.Number ? version : v)] };

    private void Plan()
    {
        DueOn = null;
        if (Status is Draft or Ended)
            return;
        DueOn = EndsOn.AddDays(1);
        if (Status == Agreed && MayStart)
            DueOn = Earlier(DueOn.Value, StartsOn);
        foreach (var version in Document.Versions.Where(v => v.Status == Variation.Agreed && v.Number > Document.TermsVersion))
            DueOn = Earlier(DueOn.Value, version.EffectiveFrom);
        foreach (var notice in Leavers.Where(n => Document.Parties.Any(p => p.Organisation == n.Organisation)))
            DueOn = Earlier(DueOn.Value, notice.LeavesOn.AddDays(1));
    }

    private static DateOnly MonthEnd(DateOnly day) => new(day.Year, day.Month, DateTime.DaysInMonth(day.Year, day.Month));

    private static DateOnly Earlier(DateOnly day, DateOnly? other) => other < day ? other.Value : day;
}
