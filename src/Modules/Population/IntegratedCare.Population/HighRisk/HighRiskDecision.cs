using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.HighRisk;

/// <summary>An endpoint by which a practice decides on an entry of its own register.</summary>
internal abstract class HighRiskDecision<TRequest>(PopulationSession session, RiskModelLibrary models, AccessContext access)
    : CareEndpoint<TRequest, OkVersioned<HighRiskRegisterEntry>>
    where TRequest : notnull
{
    protected PopulationSession Session => session;

    /// <summary>Route and access of the decision.</summary>
    protected void Decision(string verb)
    {
        Post($"/v1/population/high-risk-register/{{entryId:guid}}/{verb}");
        Access(PopulationScopes.Write, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true, actingUser: true,
            kinds: [OrganisationKinds.GeneralPractice]);
        ChangesVersion();
    }

    /// <summary>Loads the entry, applies the decision, publishes it and answers the new entry.</summary>
    /// <param name="decide">Takes the entry, the acting user, the time and the day; returns the next state.</param>
    protected async Task<OkVersioned<HighRiskRegisterEntry>> DecideAsync(
        Func<HighRiskEntry, string, DateTimeOffset, DateOnly, HighRiskEntry> decide, CancellationToken ct, Func<HighRiskEntry, Task>? check = null)
    {
        AccessTable.RequireIdentifiable(access, Relationships.RegisteredPractice);
        // Another practice's entry is answered with 404.
        var entry = await session.LockEntryAsync(Route<Guid>("entryId"), access.Organisation, ct) ?? throw Problems.Missing();
        IfMatch.Check(entry.Version);
        var now = session.Clock.GetUtcNow();
        var today = LondonTime.DateOf(now);
        var next = decide(entry, access.RequireActingUser().ToString(), now, today);
        if (check is not null)
            await check(next);
        await session.UpdateEntryAsync(next, ct);
        await session.PublishDecisionsAsync(models, [entry.Id], today, ct);
        var answer = (await HighRiskRegisterEntry.FindAsync(session, models, entry.Id, access.Organisation, ct))!;
        // The answer shows the person.
        await session.AuditReadAsync(HttpContext, [entry.PersonId], 1, ct);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(answer, answer.Version);
    }
}
