using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.HighRisk;

/// <summary>The practice adds a proposed person to its high-risk register.</summary>
internal sealed class ConfirmHighRisk(PopulationSession session, RiskModelLibrary models, AccessContext access)
    : HighRiskDecision<ConfirmHighRisk.Request>(session, models, access)
{
    /// <param name="From">The day the practice decided, when that is recorded later; today if left out, and at most a year ago.</param>
    internal sealed record Request(DateOnly? From);

    /// <summary>The entry checks the day.</summary>
    internal sealed class Rules : RequestRules<Request>;

    public override void Configure()
    {
        Decision("confirm");
        BodyIsOptional();
    }

    public override Task<OkVersioned<HighRiskRegisterEntry>> ExecuteAsync(Request request, CancellationToken ct) =>
        DecideAsync((entry, by, now, today) => entry.Confirm(by, request.From, now, today), ct, next => RequireOnListAsync(next, ct));

    private async Task RequireOnListAsync(HighRiskEntry entry, CancellationToken ct)
    {
        await using var command = await Session.CommandAsync(
            "SELECT 1 FROM population.person WHERE id = $1 AND practice = $2 AND death_date IS NULL", ct, entry.PersonId, entry.Practice);
        if (await command.ExecuteScalarAsync(ct) is null)
            throw new RuleViolation(PopulationProblems.PersonNotOnPracticeList, PopulationProblems.PersonNotOnPracticeList.Explanation);
    }
}
