namespace IntegratedCare.CarePathways.Domain;

/// <summary>A clock's run as last computed.</summary>
internal sealed class ClockRow
{
    private ClockRow()
    {
    }

    public ClockRow(Guid episode, string clock, int number)
    {
        EpisodeId = episode;
        Clock = clock;
        Number = number;
    }

    public Guid EpisodeId { get; private set; }
    public string Clock { get; private set; } = "";
    public int Number { get; private set; }
    public DateTimeOffset StartedAt { get; private set; }
    public DateTimeOffset? DueAt { get; private set; }
    public DateTimeOffset? StoppedAt { get; private set; }
    public bool Paused { get; private set; }

    /// <summary>When its running out was noticed and told.</summary>
    public DateTimeOffset? BreachedAt { get; private set; }

    internal void Set(ClockRun run, DateTimeOffset? breachedAt)
    {
        StartedAt = run.StartedAt;
        DueAt = run.DueAt;
        StoppedAt = run.StoppedAt;
        Paused = run.Paused;
        BreachedAt = breachedAt;
    }
}
