using IntegratedCare.Contracts.Gates;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <content>The checkpoints that a novel contract passes.</content>
internal sealed partial record Agreement
{
    private bool MayStart => !StructureRules.IsNovel(Structure) || PassedOn(3) is not null;

    /// <summary>Records a decision on a checkpoint of the assurance process, which may make the agreement active.</summary>
    public (Agreement Next, bool Activated) Decide(Gate gate, DateOnly today)
    {
        CheckNovel();
        if (gate.DecidedOn > today)
            throw new RuleViolation(ContractsProblems.GateRefused, "A decision is recorded once it has been taken: decidedOn lies in the future.");
        if (Gates.Any(g => g.Checkpoint == gate.Checkpoint && g.Passed))
            throw new RuleViolation(ContractsProblems.GateRefused, $"Checkpoint {gate.Checkpoint} has been passed; that is final.");
        if (gate.Checkpoint > 1 && PassedOn(gate.Checkpoint - 1) is var before && (before is null || before > gate.DecidedOn))
        {
            throw new RuleViolation(ContractsProblems.GateRefused, before is null
                ? $"Checkpoint {gate.Checkpoint - 1} has not been passed; checkpoints are decided in order."
                : $"Checkpoint {gate.Checkpoint - 1} was passed on {before:yyyy-MM-dd}; the next is not decided before it.");
        }

        return (this with { Gates = [.. Gates, gate] }).Advance(today);
    }

    /// <summary>
    /// Applies a passed checkpoint that another module published, which may make the agreement active. The highest version of a
    /// checkpoint is kept, in any order of arrival, beside the decisions recorded here.
    /// </summary>
    public (Agreement Next, bool Activated) Apply(Gate gate, DateOnly today) =>
        !StructureRules.IsNovel(Structure) || Gates.Any(g => g.Checkpoint == gate.Checkpoint && g.EventVersion >= gate.EventVersion)
            ? (this, false)
            : (this with { Gates = [.. Gates.Where(g => g.Checkpoint != gate.Checkpoint || g.EventVersion is null), gate] }).Advance(today);

    public void CheckNovel()
    {
        if (!StructureRules.IsNovel(Structure))
        {
            throw new RuleViolation(ContractsProblems.GateRefused,
                $"Only a novel contract ({StructureRules.AccountableCare}) passes the checkpoints; this one is {Structure}.");
        }
    }

    private DateOnly? PassedOn(int checkpoint) => Gates.FirstOrDefault(g => g.Checkpoint == checkpoint && g.Passed)?.DecidedOn;

    private void RequireGates(string what, params ReadOnlySpan<int> checkpoints)
    {
        if (!StructureRules.IsNovel(Structure))
            return;
        foreach (var checkpoint in checkpoints)
        {
            if (PassedOn(checkpoint) is null)
            {
                throw new RuleViolation(ContractsProblems.GateNotPassed,
                    $"An {Structure} contract is not {what} before checkpoint {checkpoint} has been passed.");
            }
        }
    }
}
