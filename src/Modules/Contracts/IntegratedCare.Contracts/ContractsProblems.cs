using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts;

/// <summary>The problems this module's rules raise.</summary>
internal static class ContractsProblems
{
    public static readonly ProblemType UnknownOrganisation = new("unknown-organisation", 409, "A party is not registered",
        "Every party must be in the register of organisations. Register it with POST /v1/population/organisations; this module "
        + "receives it within seconds.");
    public static readonly ProblemType NotAParty = new("not-a-party", 403, "Your organisation is not a party",
        "Only the agreement's parties may do this, each through its own client.");
    public static readonly ProblemType WrongSignatory = new("wrong-signatory", 409, "Not the named signatory",
        "The agreement names who signs for each party. X-Acting-User must name that person.");
    public static readonly ProblemType AlreadySigned = new("already-signed", 409, "Signed already",
        "Your organisation has signed or accepted this; once is enough.");
    public static readonly ProblemType AgreementClosed = new("agreement-closed", 409, "The agreement does not take this now",
        "Signatures are taken while an agreement is a draft; risk-shares until it has ended.");
    public static readonly ProblemType MeaninglessTerms = new("meaningless-terms", 400, "The terms make no sense",
        "The errors list says which clauses contradict each other or the agreement, by JSON pointer.");
    public static readonly ProblemType InputsUnfit = new("inputs-unfit", 400, "The inputs do not fit the terms",
        "The errors list says which inputs the terms need, and which they have no use for, by JSON pointer.");
    public static readonly ProblemType NotInForce = new("risk-share-not-in-force", 409, "The risk-share does not bind yet",
        "A risk-share settles once every party has signed or accepted it and its agreement is active.");
    public static readonly ProblemType PeriodOutside = new("period-outside-agreement", 409, "The period is outside the agreement",
        "The whole period must lie between the agreement's first and last day.");
    public static readonly ProblemType TooEarly = new("settlement-too-early", 409, "The period is not over",
        "A period is settled after its last day in London.");
    public static readonly ProblemType PeriodOverlaps = new("period-overlaps", 409, "Part of the period is settled otherwise",
        "Another settlement of this risk-share covers some of the same months; the same activity is not settled twice.");
    public static readonly ProblemType PeriodLocked = new("period-locked", 409, "The period is locked",
        "Every party has finalised this period's settlement. What comes to light later belongs in a later period.");
    public static readonly ProblemType ClosedBook = new("closed-book", 403, "The terms close this to your organisation",
        "The terms let a party see of the lines that belong to one party only its own. The pack holds them all: ask the payer for it.");
    public static readonly ProblemType NoBenchmark = new("benchmark-missing", 409, "The terms have no benchmark for the period",
        "The terms name benchmark activity for certain periods only, and this is none of them.");
    public static readonly ProblemType ValuesMissing = new("published-values-missing", 409, "Published values are missing",
        "Every month of the period needs a published value of the metric. The detail says which months have none.");
    public static readonly ProblemType SettlementClosed = new("settlement-closed", 409, "This version is closed",
        "The version is agreed by all, or a later version has taken its place.");
    public static readonly ProblemType DisputeOpen = new("dispute-open", 409, "Your organisation disputes this version",
        "Withdraw the dispute before you agree. Only the organisation that raised a dispute can withdraw it.");
    public static readonly ProblemType DisputeClosed = new("dispute-closed", 409, "The dispute is withdrawn already", "There is nothing left to withdraw.");
    public static readonly ProblemType NoSuchLine = new("no-such-line", 409, "The statement has no such line",
        "Disputes name a line of the statement by its number.");
    public static readonly ProblemType StructureNotMet = new("structure-not-met", 400, "The parties make no agreement of this structure",
        "Each structure needs certain parties, such as two of them, or one provider marked prime. The errors list says what is missing, by JSON pointer.");
    public static readonly ProblemType VariationRefused = new("variation-refused", 409, "The variation does not fit the agreement",
        "A variation fits what is in force: its dates, parties and settled periods. The detail says what does not fit.");
    public static readonly ProblemType VariationClosed = new("variation-closed", 409, "The variation is closed",
        "It is agreed by all, or a later proposal has taken its place.");
    public static readonly ProblemType PeriodStraddles = new("period-straddles-terms", 409, "The terms change within the period",
        "One statement has one set of terms. Settle shorter periods, on each side of the day that the detail names.");
    public static readonly ProblemType NoticeRefused = new("notice-refused", 409, "The notice cannot be given so",
        "A party gives notice once, with the notice period that the terms name, and to the last day of a month before the agreement ends. The detail says "
            + "what is wrong.");
    public static readonly ProblemType GateRefused = new("gate-refused", 409, "The checkpoint takes no such decision",
        "Checkpoints 1 to 3 belong to novel contracts, are decided in order, and once passed are final. The detail says what is wrong.");
    public static readonly ProblemType GateNotYours = new("gate-not-yours", 403, "A provider does not assure its own contract",
        "An organisation that provides under a contract does not decide on the contract's checkpoints.");
    public static readonly ProblemType GateNotPassed = new("gate-not-passed", 409, "A checkpoint has not been passed",
        "A novel contract passes checkpoints 1 and 2 of the Integrated Support and Assurance Process before it is signed, and 3 before it starts.");
    public static readonly ProblemType SubcontractRefused = new("subcontract-refused", 409, "It cannot be let under this head",
        "A subcontract is let by the prime or lead provider of its head agreement, within the head's dates and services. The detail says what is wrong.");
    public static readonly ProblemType SubcontractCycle = new("subcontract-cycle", 409, "Subcontracts would run in a circle",
        "No agreement stands under itself, also not by way of others, and nobody works under a contract that it has itself let.");
    public static readonly ProblemType PaymentNotInForce = new("payment-terms-not-in-force", 409, "The payment terms do not bind yet",
        "Payments are made once every party has accepted the terms and their agreement is in force, for periods from the day they take effect to the day on "
            + "which others take their place.");
    public static readonly ProblemType PaymentOverlaps = new("payment-period-overlaps", 409, "Part of the period is paid otherwise",
        "Under one set of terms a month is paid once, or on account of a longer period that is paid later. Correct the longer period instead.");

    public static readonly ProblemType PaymentTermsOverlap = new("payment-terms-overlap", 409, "Other terms pay for the same thing",
        "Two payment terms of one payer and provider never pay the same part for the same time. Name the terms that the new ones replace in supersedes, "
            + "with effectiveFrom; or put the parts together in one.");
    public static readonly ProblemType SupersessionRefused = new("supersession-refused", 409, "The terms cannot take effect so",
        "Payment terms take effect within their agreement. They supersede terms of the same payer and provider that every party has accepted, once, on a "
            + "day that no paid period crosses. The detail says what is wrong.");

    public static readonly IReadOnlyList<ProblemType> All =
    [
        UnknownOrganisation, NotAParty, WrongSignatory, AlreadySigned, AgreementClosed, MeaninglessTerms, InputsUnfit, NotInForce, PeriodOutside,
        TooEarly, PeriodOverlaps, PeriodLocked, ClosedBook, NoBenchmark, ValuesMissing, SettlementClosed, DisputeOpen, DisputeClosed, NoSuchLine,
        StructureNotMet, VariationRefused, VariationClosed, PeriodStraddles, NoticeRefused, GateRefused, GateNotYours, GateNotPassed,
        SubcontractRefused, SubcontractCycle, PaymentNotInForce, PaymentOverlaps, PaymentTermsOverlap, SupersessionRefused,
    ];
}
