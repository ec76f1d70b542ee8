using System.Text.Json.Serialization;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Contracts.Gates;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// A contract between parties: <c>draft</c>, <c>agreed</c> once every party has signed, <c>active</c> from its first day,
/// <c>varied</c> from the day its first variation takes effect (in force as before, on other terms), <c>ended</c> after its last.
/// </summary>
/// <param name="HeadAgreementId">The prime provider's contract that this one is a subcontract of.</param>
internal sealed partial record Agreement(
    string Title, string Form, string Structure, string System, string? Population, IReadOnlyList<string> Services, IReadOnlyList<AgreementParty> Parties,
    DateOnly StartsOn, DateOnly EndsOn, Guid? HeadAgreementId = null) : Document
{
    public const string Draft = "draft";
    public const string Agreed = "agreed";
    public const string Active = "active";
    public const string Varied = "varied";
    public const string Ended = "ended";
    public const string CommissionerRole = "commissioner";
    public const string ProviderRole = "provider";

    public static readonly string[] Statuses = [Draft, Agreed, Active, Varied, Ended];
    public static readonly string[] Forms =
        ["block", "activity-at-price", "blended", "aligned-payment-and-incentive", "capitation", "year-of-care", "outcome-share", "incentive", "risk-share"];
    public static readonly string[] Structures = StructureRules.All;
    public static readonly string[] Roles = [CommissionerRole, ProviderRole];

    public string Status { get; init; } = Draft;

    /// <summary>Every organisation that is or was a party: one that has left still reads the terms that bound it.</summary>
    public string[] Organisations { get; init; } = [.. Parties.Select(p => p.Organisation)];

    public IReadOnlyList<Guid> RiskShares { get; init; } = [];

    /// <summary>Full months between notice and the end of the month in which the party leaves.</summary>
    public int NoticeMonths { get; init; } = 6;

    public string OnWithdrawal { get; init; } = Withdrawal.Ends;

    /// <summary>The version of the terms in force.</summary>
    public int TermsVersion { get; init; } = 1;

    /// <summary>Every version, once there has been a variation or a notice.</summary>
    public IReadOnlyList<AgreementVersion> RecordedVersions { get; init; } = [];

    public IReadOnlyList<Notice> Notices { get; init; } = [];

    /// <summary>Parties that have left.</summary>
    public IReadOnlyList<AgreementParty> Left { get; init; } = [];

    public IReadOnlyList<Gate> Gates { get; init; } = [];

    /// <summary>The next day on which <see cref="Advance"/> changes something; null when none is known.</summary>
    public DateOnly? DueOn { get; init; }

    [JsonIgnore]
    public bool InForce => Status is Active or Varied;

    /// <summary>All versions of the terms; the first is what the parties signed.</summary>
    [JsonIgnore]
    public IReadOnlyList<AgreementVersion> Versions => RecordedVersions.Count > 0 ? RecordedVersions :
    [
        new AgreementVersion(1, Status == Draft ? Variation.Proposed : Variation.Agreed, StartsOn, null, null, null,
            new AgreementTerms(Title, Services, EndsOn, [.. Parties.Select(p => new NamedSignatory(p.Organisation, p.Signatory))], HeadAgreementId),
            [.. Parties.Where(p => p.Signature is not null).Select(p => new Acceptance(p.Organisation, p.Signature!))]),
    ];

    /// <summary>A party signs the agreement and its risk-shares. Activated says whether this signature made the agreement active.</summary>
    public (Agreement Next, IReadOnlyList<RiskShare> RiskShares, bool Activated) Sign(
        string organisation, ActingUser signatory, IEnumerable<RiskShare> riskShares, DateTimeOffset now, DateOnly today)
    {
        var party = Party(organisation);
        if (Status != Draft)
        {
            throw new RuleViolation(party.Signature is null ? ContractsProblems.AgreementClosed : ContractsProblems.AlreadySigned,
                $"The agreement is {Status}.");
        }

        if (party.Signature is not null)
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
        RequireGates("signed", 1, 2);
        var signature = party.Sign(signatory, now);
        var next = this with { Parties = [.. Parties.Select(p => p == party ? p with { Signature = signature } : p)] };
        IReadOnlyList<RiskShare> accepted = [.. riskShares.Where(r => !r.IsAcceptedBy(organisation)).Select(r => r.AcceptWith(organisation, signature))];
        if (next.Parties.Any(p => p.Signature is null))
            return (next, accepted, false);
        (next, var activated) = (next with { Status = Agreed }).Advance(today);
        return (next, accepted, activated);
    }

    /// <summary>Applies what is due by a day: start, variations, leavers and end.</summary>
    public (Agreement Next, bool Activated) Advance(DateOnly today)
    {
        var next = this;
        var activated = Status == Agreed && StartsOn <= today && MayStart;
        if (activated)
            next = next with { Status = Active };
        if (Status is not (Draft or Ended))
        {
            foreach (var version in RecordedVersions.Where(v => v.Status == Variation.Agreed && v.Number > TermsVersion && v.EffectiveFrom <= today))
                next = next.ApplyVersion(version);
            foreach (var notice in Leavers.Where(n => n.LeavesOn < today && Parties.Any(p => p.Organisation == n.Organisation)))
                next = next.RemoveParty(notice);
            if (next is { Status: Active, TermsVersion: > 1 })
                next = next with { Status = Varied };
            if (next.EndsOn < today)
                next = next with { Status = Ended };
        }

        return (next.WithDueOn(), activated);
    }

    /// <summary>Adds a risk-share. This changes the agreement's version, so that no party signs without having seen it.</summary>
    public Agreement Add(RiskShare riskShare) => Status == Ended
        ? throw new RuleViolation(ContractsProblems.AgreementClosed, "The agreement has ended.")
        : this with { RiskShares = [.. RiskShares, riskShare.Id] };

    public AgreementParty Party(string organisation) => Parties.FirstOrDefault(p => p.Organisation == organisation)
        ?? throw new RuleViolation(ContractsProblems.NotAParty, Left.Any(p => p.Organisation == organisation)
            ? "Your organisation has left this agreement." : ContractsProblems.NotAParty.Explanation);

    /// <summary>A party, or one that has left: for periods in which it was one.</summary>
    public AgreementParty PartyOrFormer(string organisation) => Left.FirstOrDefault(p => p.Organisation == organisation) ?? Party(organisation);

    public ContractActivated ToActivated(DateTimeOffset now) => new(Id, Title, Organisations, StartsOn, EndsOn, now);

    private Agreement ApplyVersion(AgreementVersion version) => this with
    {
        Title = version.Terms.Title,
        Services = version.Terms.Services,
        TermsVersion = version.Number,
        Parties = [.. Parties.Select(p => p with { Signatory = version.Terms.Signatories.First(s => s.Organisation == p.Organisation).Signatory })],
        EndsOn = Earlier(version.Terms.To, EndingNotice?.LeavesOn),
    };

    private Agreement RemoveParty(Notice notice) => this with
    {
        Parties = [.. Parties.Where(p => p.Organisation != notice.Organisation)],
        Left = [.. Left, Parties.First(p => p.Organisation == notice.Organisation)],
    };

    /// <summary>Sets <see cref="DueOn"/>.</summary>
    private Agreement WithDueOn()
    {
        if (Status is Draft or Ended)
            return this with { DueOn = null };
        var due = EndsOn.AddDays(1);
        if (Status == Agreed && MayStart)
            due = Earlier(due, StartsOn);
        foreach (var version in RecordedVersions.Where(v => v.Status == Variation.Agreed && v.Number > TermsVersion))
            due = Earlier(due, version.EffectiveFrom);
        foreach (var notice in Leavers.Where(n => Parties.Any(p => p.Organisation == n.Organisation)))
            due = Earlier(due, notice.LeavesOn.AddDays(1));
        return this with { DueOn = due };
    }

    private static DateOnly Earlier(DateOnly day, DateOnly? other) => other < day ? other.Value : day;
}
