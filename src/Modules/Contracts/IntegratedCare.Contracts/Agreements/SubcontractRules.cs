using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>The requirements of a subcontract on its head agreement and on the agreements above that.</summary>
internal static class SubcontractRules
{
    /// <summary>The most agreements above a subcontract.</summary>
    public const int MaxHeads = 10;

    /// <param name="terms">The subcontract's services and last day, present or proposed.</param>
    /// <param name="heads">Its head, the head's head, and so on; at most one more than <see cref="MaxHeads"/>.</param>
    public static void Check(Agreement subcontract, AgreementTerms terms, IReadOnlyList<Agreement> heads)
    {
        var head = heads[0];
        if (heads.Any(h => h.Id == subcontract.Id))
        {
            throw new RuleViolation(ContractsProblems.SubcontractCycle, head.Id == subcontract.Id ? "An agreement cannot stand under itself."
                : $"The agreement would stand under itself, by way of: "
                    + $"{string.Join(", ", heads.TakeWhile(h => h.Id != subcontract.Id).Select(h => h.Title))}.");
        }

        if (heads.Count > MaxHeads)
            throw new RuleViolation(ContractsProblems.SubcontractRefused, $"A subcontract stands under at most {MaxHeads} agreements.");
        if (head.Status == Agreement.Ended)
            throw new RuleViolation(ContractsProblems.SubcontractRefused, "The head agreement has ended.");
        if (!StructureRules.HasSubcontracts(head.Structure))
        {
            throw new RuleViolation(ContractsProblems.SubcontractRefused,
                $"Only {StructureRules.PrimeProvider} and {StructureRules.AccountableCare} agreements have subcontracts; the head is {head.Structure}.");
        }

        // Older agreements may have no provider marked prime.
        var prime = head.Parties.FirstOrDefault(p => p.Prime)?.Organisation
            ?? throw new RuleViolation(ContractsProblems.SubcontractRefused, "The head marks none of its providers as prime.");
        if (subcontract.Parties.All(p => p.Organisation != prime || p.Role != Agreement.CommissionerRole))
        {
            throw new RuleViolation(ContractsProblems.SubcontractRefused,
                $"A subcontract is let by the head's prime provider: {prime} must be its commissioner.");
        }

        var above = heads.SelectMany(h => h.Parties).Where(p => p.Role == Agreement.CommissionerRole).Select(p => p.Organisation).ToHashSet();
        if (subcontract.Parties.FirstOrDefault(p => p.Role == Agreement.ProviderRole && above.Contains(p.Organisation)) is { } circular)
        {
            throw new RuleViolation(ContractsProblems.SubcontractCycle,
                $"{circular.Organisation} would provide under a contract that it has itself let, further up.");
        }

        if (Misfit(subcontract, head.Services, head.StartsOn, head.EndsOn, terms) is { } outside)
            throw new RuleViolation(ContractsProblems.SubcontractRefused, outside);
    }

    /// <summary>Why a subcontract does not fit within its head's services and dates; null if it does.</summary>
    public static string? Misfit(Agreement subcontract, IReadOnlyList<string> services, DateOnly from, DateOnly to, AgreementTerms? terms = null)
    {
        if (subcontract.StartsOn < from || (terms?.To ?? subcontract.EndsOn) > to)
            return $"The subcontract does not lie within the head's days, {from:yyyy-MM-dd} to {to:yyyy-MM-dd}.";
        var missing = (terms?.Services ?? subcontract.Services).Except(services, StringComparer.OrdinalIgnoreCase).ToList();
        return missing.Count == 0 ? null : $"Not among the head's services: {string.Join(", ", missing)}.";
    }
}
