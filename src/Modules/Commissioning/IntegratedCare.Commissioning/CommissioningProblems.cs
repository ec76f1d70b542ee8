using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning;

/// <summary>The problems this module's rules raise.</summary>
internal static class CommissioningProblems
{
    public static readonly ProblemType UnknownOrganisation = new("unknown-partner", 409, "An organisation is not registered",
        "Hosts, partners and members must be in the register of organisations. Register it with POST /v1/population/organisations; this module receives it "
            + "within seconds.");
    public static readonly ProblemType NotAPartner = new("not-a-partner", 409, "Not a partner of the fund",
        "Contributions come from the fund's host and partners.");
    public static readonly ProblemType NotInvited = new("not-invited", 409, "Not invited to the fund",
        "An organisation accepts what it was asked to join. The fund's host asks with POST .../partners.");
    public static readonly ProblemType NotConfirmed = new("fund-not-confirmed", 409, "The fund is only proposed",
        "It takes postings once an organisation that plans for its system, or the operator, has confirmed it with POST .../confirmation.");
    public static readonly ProblemType ClaimUsed = new("claim-used", 409, "Settlements are posted by this claim",
        "Settlements of the risk-share stand in another fund's ledger: later ones follow them. The parties can name another fund by its id in new terms.");
    public static readonly ProblemType TooManyPartners = new("too-many-partners", 409, "The fund has as many partners as it may have",
        "Beside its host a fund has at most 200 partners.");
    public static readonly ProblemType BeforeFund = new("before-fund-began", 409, "The fund had not begun",
        "The fund begins with its financial year; earlier years take no postings.");
    public static readonly ProblemType ReferenceUsed = new("reference-used", 409, "This reference is posted with other content",
        "A reference is posted once per fund. The ledger shows what was posted under it.");

    public static readonly IReadOnlyList<ProblemType> All = [UnknownOrganisation, NotAPartner, NotInvited, NotConfirmed, ClaimUsed, TooManyPartners, BeforeFund, ReferenceUsed];
}
