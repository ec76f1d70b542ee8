using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <content>Variations of the terms: proposed by one party, signed by all that are parties on the day they take effect.</content>
internal sealed partial record Agreement
{
    /// <summary>Proposes changed terms as the next version. It supersedes a proposal that is still open.</summary>
    public (Agreement Next, AgreementVersion Version) Vary(string organisation, AgreementChange change, DateTimeOffset now)
    {
        Party(organisation);
        CheckSigned("varied");
        var versions = Versions;
        var latest = versions.Last(v => v.Status == Variation.Agreed);
        if (change.EffectiveFrom < latest.EffectiveFrom || change.EffectiveFrom > EndsOn)
        {
            throw new RuleViolation(ContractsProblems.VariationRefused, $"It must take effect between {latest.EffectiveFrom:yyyy-MM-dd}, "
                + $"when terms version {latest.Number} does, and the agreement's last day, {EndsOn:yyyy-MM-dd}.");
        }

        var strangers = (change.Signatories ?? []).Where(s => Parties.All(p => p.Organisation != s.Organisation)).Select(s => s.Organisation).ToList();
        if (strangers.Count > 0)
        {
            throw new RuleViolation(ContractsProblems.VariationRefused,
                $"No party of this agreement: {string.Join(", ", strangers)}. A variation changes signatories, not parties.");
        }

        var terms = new AgreementTerms(
            change.Title ?? latest.Terms.Title,
            change.Services ?? latest.Terms.Services,
            change.To ?? latest.Terms.To,
            [.. latest.Terms.Signatories.Where(s => change.Signatories?.Any(c => c.Organisation == s.Organisation) != true), .. change.Signatories ?? []],
            change.HeadAgreement ?? latest.Terms.HeadAgreement);
        if (terms.To < change.EffectiveFrom)
            throw new RuleViolation(ContractsProblems.VariationRefused, "The new last day is before the day on which the variation takes effect.");
        if (EndingNotice is { } notice && terms.To > notice.LeavesOn)
        {
            throw new RuleViolation(ContractsProblems.VariationRefused,
                $"The agreement ends on {notice.LeavesOn:yyyy-MM-dd} by the notice of {notice.Organisation}.");
        }

        if (StructureRules.LengthFault(Structure, StartsOn, terms.To) is { } fault)
            throw new RuleViolation(ContractsProblems.VariationRefused, fault);

        var version = new AgreementVersion(versions[^1].Number + 1, Variation.Proposed, change.EffectiveFrom, change.Reason, organisation, now, terms, []);
        var earlier = versions.Select(v => v.Status == Variation.Proposed ? v with { Status = Variation.Superseded } : v);
        return (this with { RecordedVersions = [.. earlier, version] }, version);
    }

    /// <summary>
    /// A party signs a variation: by the signatory that the agreement names, or by the one that this variation would name, since every
    /// other party signs that change too. With the last signature the version is agreed.
    /// </summary>
    public (Agreement Next, AgreementVersion Version) SignVariation(int number, string organisation, ActingUser user, DateTimeOffset now)
    {
        var party = Party(organisation);
        CheckSigned("varied");
        var version = RecordedVersions.FirstOrDefault(v => v.Number == number && v.ProposedBy is not null) ?? throw Problems.Missing();
        if (version.Status != Variation.Proposed)
        {
            throw new RuleViolation(version.IsSignedBy(organisation) ? ContractsProblems.AlreadySigned : ContractsProblems.VariationClosed,
                $"Terms version {number} is {version.Status}.");
        }

        if (version.IsSignedBy(organisation))
            throw new RuleViolation(ContractsProblems.AlreadySigned, ContractsProblems.AlreadySigned.Explanation);
        if (Signers(version).All(s => s != organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, "Your organisation will have left when this variation takes effect.");
        var successor = version.Terms.Signatories.First(s => s.Organisation == organisation).Signatory;
        var signature = successor.Is(user) ? new Signature(user.Name, user.Role, now) : party.Sign(user, now);
        version = version with { Signatures = [.. version.Signatures, new Acceptance(organisation, signature)] };
        var last = Signers(version).All(version.IsSignedBy);
        if (last)
            version = version with { Status = Variation.Agreed };
        var next = this with
        {
            RecordedVersions = [.. RecordedVersions.Select(v => v.Number == number ? version : v)],
            HeadAgreementId = last ? version.Terms.HeadAgreement : HeadAgreementId,
        };
        return (next, version);
    }

    /// <summary>The parties that must sign a variation: those that have not left when it takes effect.</summary>
    public IEnumerable<string> Signers(AgreementVersion version) => PartiesOn(version.EffectiveFrom).Select(p => p.Organisation);

    private void CheckSigned(string what)
    {
        if (Status is Draft or Ended)
        {
            throw new RuleViolation(ContractsProblems.AgreementClosed,
                $"An agreement is {what} once all have signed it and until it ends; this one is {Status}.");
        }
    }
}
