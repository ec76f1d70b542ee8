using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Population.Stratifications;

/// <summary>
/// A run that scores and ranks everybody at a date, and assigns tiers. Ids are in the order of requests. One worker writes it at a time; a
/// worker that has lost its lock finds another version, and stops.
/// </summary>
/// <param name="Latest">Whether its index date is the newest of its model: only then it publishes changes and feeds the registers.</param>
/// <param name="ScoresKept">False once its scores and changes are dropped for newer runs; its counts stay.</param>
internal sealed record StratificationRun(string Model, int ModelVersion, DateOnly IndexDate, long Seed, string RequestedBy, DateTimeOffset CreatedAt,
    string State, bool Latest, bool ScoresKept) : Document
{
    public const string Queued = "queued";
    public const string Scoring = "scoring";
    public const string Publishing = "publishing";
    public const string Completed = "completed";
    public const string Failed = "failed";
    private const int MaxFailures = 3;

    /// <summary>The current step within the state.</summary>
    public string? Step { get; init; }

    /// <summary>The newest run of the model, up to this index date, that this one was compared with.</summary>
    public Guid? PreviousId { get; init; }

    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? ScoredAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public StratificationResult? Result { get; init; }

    /// <summary>The person whose change was published last; changes are published in the order of persons.</summary>
    public Guid PublishedTo { get; init; }

    /// <summary>Tier changes published so far.</summary>
    public long Published { get; init; }

    public int Failures { get; init; }
    public string? Error { get; init; }

    public static StratificationRun Request(Guid id, string model, int modelVersion, DateOnly indexDate, long seed, string requestedBy, DateTimeOffset now) =>
        new(model, modelVersion, indexDate, seed, requestedBy, now, Queued, Latest: false, ScoresKept: true) { Id = id };

    public StratificationRun Start(DateTimeOffset now) => this with { State = Scoring, StartedAt = StartedAt ?? now };

    public StratificationRun At(string step) => this with { Step = step };

    /// <summary>The scores are ready; a run that is the latest goes on to publish what changed.</summary>
    public StratificationRun Scored(bool latest, Guid? previous, StratificationResult result, DateTimeOffset now) => this with
    {
        State = latest ? Publishing : Completed,
        Step = latest ? "publishing" : null,
        Latest = latest,
        PreviousId = previous,
        ScoredAt = now,
        FinishedAt = latest ? FinishedAt : now,
        Result = result,
        Error = null,
    };

    /// <summary>More changes are published, up to a person; without more to come the run is complete.</summary>
    public StratificationRun PublishedMore(Guid upTo, int changes, bool moreToCome, DateTimeOffset now)
    {
        var next = this with { PublishedTo = changes == 0 ? PublishedTo : upTo, Published = Published + changes };
        return moreToCome ? next : next with { State = Completed, Step = null, FinishedAt = now };
    }

    /// <summary>An attempt failed: the run is tried again, up to a limit.</summary>
    public StratificationRun Fail(string error) => this with { Failures = Failures + 1, Error = error, State = Failures + 1 >= MaxFailures ? Failed : State };

    public StratificationRun DropScores() => this with { ScoresKept = false };
}

/// <summary>The counts of a run.</summary>
internal sealed record StratificationResult(
    long Persons,
    long Adults,
    long Scored,
    long AboveZero,
    IReadOnlyDictionary<string, long> NotScorable,
    IReadOnlyList<TierCount> Tiers,
    long Rose,
    long Fell,
    long Moved,
    long Proposed,
    long Withdrawn,
    long Ended);

/// <param name="InPractice">Persons whose narrowest tier in their practice this is.</param>
/// <param name="InSystem">Persons whose narrowest tier in the whole system this is.</param>
internal sealed record TierCount(string Tier, long InPractice, long InSystem);
