using IntegratedCare.Shared.Events;

namespace IntegratedCare.Contracts.Events;

public sealed record ContractActivated(Guid AgreementId, string Title, IReadOnlyList<string> Parties, DateOnly From, DateOnly To, DateTimeOffset At) : IEvent
{
    public static string Name => "contracts.contract-activated.v1";
    public string? Key => AgreementId.ToString();
}

public sealed record SettlementProposed(Guid SettlementId, Guid RiskShareId, string Period, int Version, DateTimeOffset At) : IEvent
{
    public static string Name => "contracts.settlement-proposed.v1";
    public string? Key => RiskShareId.ToString();
}

/// <summary>Every party has agreed this version of a settlement.</summary>
/// <param name="Fund">The code of the pooled fund that the terms name: what the parties call it, and no proof of which it is.</param>
/// <param name="FundId">The fund that the terms name by its id; null where they name none.</param>
/// <param name="System">The code of the care system whose control total the transfers count in.</param>
/// <param name="Postings">The amounts to post: the difference from the version agreed before, if any.</param>
public sealed record SettlementAgreed(
    Guid SettlementId,
    Guid RiskShareId,
    string Title,
    string Period,
    int Version,
    string Fund,
    Guid? FundId,
    string System,
    string Currency,
    IReadOnlyList<SettlementPosting> Postings,
    string StatementSha256,
    DateTimeOffset At) : IEvent
{
    public static string Name => "contracts.settlement-agreed.v1";
    public string? Key => RiskShareId.ToString();
}

/// <param name="Amount">Pounds and pence. Positive: the party receives it from the fund; negative: the party pays it in.</param>
public sealed record SettlementPosting(string Party, decimal Amount, int StatementLine);

/// <summary>A party of an agreement has given notice.</summary>
/// <param name="Organisation">The party that leaves.</param>
/// <param name="LeavesOn">Its last day.</param>
/// <param name="Outcome"><c>agreement-ends</c> on that day, or <c>party-leaves</c> and the others go on.</param>
/// <param name="RiskShares">The risk-shares whose shares change or that end.</param>
/// <param name="Subcontracts">The subcontracts that lose their head or their commissioner.</param>
public sealed record NoticeGiven(
    Guid AgreementId,
    string Title,
    string Organisation,
    DateOnly GivenOn,
    DateOnly LeavesOn,
    string Outcome,
    IReadOnlyList<Guid> RiskShares,
    IReadOnlyList<Guid> Subcontracts,
    DateTimeOffset At) : IEvent
{
    public static string Name => "contracts.notice-given.v1";
    public string? Key => AgreementId.ToString();
}
