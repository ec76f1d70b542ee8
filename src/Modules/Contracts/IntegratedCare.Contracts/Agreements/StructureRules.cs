using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// The requirements of each structure of agreement. <c>prime</c> marks the provider that leads and may let subcontracts.
/// <list type="bullet">
/// <item><c>bilateral</c>: two parties.</item>
/// <item><c>alliance</c>: one agreement that all sign: at least one commissioner and two providers, none of them prime.</item>
/// <item><c>prime-provider</c>: at least one commissioner; exactly one provider is prime.</item>
/// <item><c>accountable-care</c>: at least one commissioner; exactly one provider is prime (leads); at least five years, since
/// integration costs money before it saves any. It is novel: it passes the checkpoints of the Integrated Support and Assurance Process.</item>
/// <item><c>joint-venture</c>: at least two providers, its owners.</item>
/// <item><c>service-franchise</c>: at least two providers: the franchisor, and the one that runs the service.</item>
/// <item><c>visiting-service</c>: at least two providers: the visiting one, and the host.</item>
/// </list>
/// </summary>
internal static class StructureRules
{
    public const string Bilateral = "bilateral";
    public const string Alliance = "alliance";
    public const string PrimeProvider = "prime-provider";
    public const string AccountableCare = "accountable-care";
    public const int AccountableCareYears = 5;

    public static readonly string[] All = [Bilateral, Alliance, PrimeProvider, AccountableCare, "joint-venture", "service-franchise", "visiting-service"];

    public static bool IsNovel(string structure) => structure == AccountableCare;

    /// <summary>Whether its prime provider may let subcontracts under it.</summary>
    public static bool HasSubcontracts(string structure) => structure is PrimeProvider or AccountableCare;

    public static void Check(string structure, IReadOnlyList<AgreementParty> parties, DateOnly from, DateOnly to)
    {
        var faults = PartyFaults(structure, parties).Select(f => new FieldError("/parties", f)).ToList();
        if (LengthFault(structure, from, to) is { } length)
            faults.Add(new FieldError("/to", length));
        if (faults.Count > 0)
            throw new RequestRefused(ContractsProblems.StructureNotMet, string.Join(" ", faults.Select(f => f.Detail)), faults);
    }

    /// <summary>The reasons why these parties do not meet the structure's requirements; empty if they do.</summary>
    public static IEnumerable<string> PartyFaults(string structure, IReadOnlyCollection<AgreementParty> parties)
    {
        var commissioners = parties.Count(p => p.Role == Agreement.CommissionerRole);
        var providers = parties.Count(p => p.Role == Agreement.ProviderRole);
        var primes = parties.Count(p => p is { Role: Agreement.ProviderRole, Prime: true });
        if (structure == Bilateral && parties.Count != 2)
            yield return "A bilateral agreement has two parties.";
        if (structure is Alliance or PrimeProvider or AccountableCare && commissioners == 0)
            yield return $"An agreement of structure {structure} has at least one commissioner.";
        if (HasSubcontracts(structure) && primes != 1)
            yield return $"An agreement of structure {structure} has exactly one provider marked prime; this has {primes}.";
        if (structure is not (Bilateral or PrimeProvider or AccountableCare) && providers < 2)
            yield return $"An agreement of structure {structure} has at least two providers.";
        if (parties.Any(p => p.Prime) && (!HasSubcontracts(structure) || parties.Any(p => p.Prime && p.Role != Agreement.ProviderRole)))
            yield return $"Only a provider in an agreement of structure {PrimeProvider} or {AccountableCare} is marked prime.";
    }

    /// <summary>Why an agreement of this structure cannot run for these days only; null if it can.</summary>
    public static string? LengthFault(string structure, DateOnly from, DateOnly to) =>
        structure == AccountableCare && to < from.AddYears(AccountableCareYears).AddDays(-1)
            ? $"An {AccountableCare} contract runs for at least {AccountableCareYears} years." : null;
}
