using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Contracts.Domain;

/// <summary>A contract between parties: draft, agreed once every party has signed, active from its first day, ended after its last.</summary>
internal sealed class Agreement : Aggregate
{
    public const string Draft = "draft";
    public const string Agreed = "agreed";
    public const string Active = "active";
    public const string Ended = "ended";

    public static readonly string[] Statuses = [Draft, Agreed, Active, Ended];
    public static readonly string[] Forms = ["block", "activity-at-price", "blended", "capitation", "year-of-care", "outcome-share", "incentive", "risk-share"];
    public static readonly string[] Structures = ["bilateral", "alliance", "prime-provider", "accountable-care", "joint-venture", "service-franchise", "visiting-service"];
    public static readonly string[] Roles = [CommissionerRole, "provider"];
    public const string CommissionerRole = "commissioner";

    public string Status { get; private set; } = Draft;
    public string[] Parties { get; private set; } = [];
    public DateOnly StartsOn { get; private set; }
    public DateOnly EndsOn { get; private set; }
    public AgreementDocument Document { get; private set; } = null!;

    private Agreement()
    {
    }

    public Agreement(AgreementDocument document, DateOnly startsOn, DateOnly endsOn)
    {
        Document = document;
        Parties = [.. document.Parties.Select(p => p.Organisation)];
        StartsOn = startsOn;
        EndsOn = endsOn;
    }

    /// <summary>A party signs: the agreement, and the risk-shares that are part of it. True when this signature made it active.</summary>
    public bool Sign(string organisation, ActingUser signatory, IEnumerable<RiskShare> riskShares, DateTimeOffset now, DateOnly today)
    {
        var party = Party(organisation);
        if (Status != Draft)
            throw new RuleViolation(party.Signature is null ? ContractsProblems.AgreementClosed : ContractsProblems.AlreadySigned, $"The agreement is {Status}.");
        if (party.Signature is not null)
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
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
        if (Status == Agreed && StartsOn <= today)
        {
            Status = Active;
            activated = true;
        }

        if (Status == Active && EndsOn < today)
            Status = Ended;
        return activated;
    }

    /// <summary>Takes a risk-share in. It changes the agreement's version, so nobody signs without having seen it.</summary>
    public void Add(RiskShare riskShare)
    {
        if (Status == Ended)
            throw new RuleViolation(ContractsProblems.AgreementClosed, "The agreement has ended.");
        Document = Document with { RiskShares = [.. Document.RiskShares, riskShare.Id] };
    }

    public AgreementParty Party(string organisation) => Document.Parties.FirstOrDefault(p => p.Organisation == organisation)
        ?? throw new RuleViolation(ContractsProblems.NotAParty, ContractsProblems.NotAParty.Explanation);
}

internal sealed record AgreementDocument(
    string Title,
    string Form,
    string Structure,
    string System,
    string? Population,
    IReadOnlyList<string> Services,
    IReadOnlyList<AgreementParty> Parties,
    IReadOnlyList<Guid> RiskShares);

internal sealed record AgreementParty(string Organisation, string Role, Signatory Signatory, Signature? Signature = null)
{
    /// <summary>The signature of the named signatory, or a refusal.</summary>
    public Signature Sign(ActingUser user, DateTimeOffset now) =>
        string.Equals(user.Name.Trim(), Signatory.Name.Trim(), StringComparison.OrdinalIgnoreCase)
            ? new Signature(user.Name, user.Role, now)
            : throw new RuleViolation(ContractsProblems.WrongSignatory, "The acting user is not the signatory whom the agreement names for your organisation.");
}

internal sealed record Signatory(string Name, string Role);

internal sealed record Signature(string Name, string Role, DateTimeOffset At);
