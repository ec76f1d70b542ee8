using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Loads;

/// <summary>
/// A bulk body and its counts. One request writes it, a chunk at a time: persons are counted in the transaction that stores them.
/// Events are stored by the group commit and counted after it: a crash in between leaves a running load with too low counts, but loses
/// no event; sent again, they are duplicates.
/// </summary>
internal sealed record Load(string Kind, string ClientId, string Organisation, string State, DateTimeOffset StartedAt) : Document
{
    public const string Running = "running";
    public const string Complete = "complete";
    public const string Interrupted = "interrupted";

    /// <summary>About how many bytes of text a load holds in memory before it stores them.</summary>
    public const long MaxHeldBytes = 8 * 1024 * 1024;

    /// <summary>
    /// A load with so many rejected lines is stopped when more comes: a few tell what is wrong with all, and each is stored. The part in which
    /// the number is reached is stored whole.
    /// </summary>
    public const int MaxRejected = 10_000;

    public long Accepted { get; init; }
    public long Duplicate { get; init; }
    public long Rejected { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    public static Load Begin(string kind, AccessContext access, DateTimeOffset now) => new(kind, access.ClientId, access.Organisation, Running, now);

    public Load Count(long accepted, long duplicate, long rejected) =>
        this with { Accepted = Accepted + accepted, Duplicate = Duplicate + duplicate, Rejected = Rejected + rejected };

    /// <summary>Refuses the rest of a load of which too much has been rejected.</summary>
    public void RequireFewRejects()
    {
        if (Rejected >= MaxRejected)
        {
            throw new RequestRefused(PopulationProblems.TooManyRejected,
                $"{Rejected} lines were rejected, and the load was stopped. What came before is stored: /v1/population/loads/{Id} has the counts, and "
                + "the lines that were rejected.");
        }
    }

    public Load End(string state, DateTimeOffset now) => this with { State = state, FinishedAt = now };
}

/// <summary>The state and counts of a bulk body.</summary>
internal sealed record LoadView(Guid Id, string Kind, string State, long Accepted, long Duplicate, long Rejected, string? Rejects)
{
    public static LoadView Of(Load l) =>
        new(l.Id, l.Kind, l.State, l.Accepted, l.Duplicate, l.Rejected, l.Rejected > 0 ? $"/v1/population/loads/{l.Id}/rejects" : null);
}

internal static class LoadSaving
{
    public static async Task<Load> BeginLoadAsync(this ModuleSessions<PopulationSession> sessions, string kind, AccessContext access, CancellationToken ct)
    {
        await using var session = sessions.Open();
        var load = Load.Begin(kind, access, session.Clock.GetUtcNow());
        session.Insert(load);
        await session.SaveChangesAsync(ct);
        return load;
    }

    /// <summary>Ends a load, starting from its state in the database: the last chunk may or may not have been stored.</summary>
    public static async Task<Load> EndAsync(this ModuleSessions<PopulationSession> sessions, Load load, string state, CancellationToken ct)
    {
        await using var session = sessions.Open();
        var stored = await session.FindAsync<Load>(load.Id, ct) ?? throw new InvalidOperationException("A load that was begun is gone.");
        var ended = stored.End(state, session.Clock.GetUtcNow());
        session.Update(ended);
        await session.SaveChangesAsync(ct);
        return ended;
    }

    /// <summary>A load of the caller's own organisation, or null.</summary>
    public static async Task<Load?> FindLoadAsync(this PopulationSession session, Guid id, AccessContext access, CancellationToken ct) =>
        await session.FindAsync<Load>(id, ct) is { } load && load.Organisation == access.Organisation ? load : null;
}
