namespace IntegratedCare.Population.Intake.Kinds;

/// <summary>A social care service that a council arranges. Cost is by the week.</summary>
[EventKind("social-care-service")]
internal sealed record SocialCareService : EventData
{
    [InCore] public string? Council { get; init; }
    public string? Kind { get; init; }
    [InCore] public DateOnly? Started { get; init; }
    [InCore] public DateOnly? Ended { get; init; }
    [InCore] public decimal? WeeklyCost { get; init; }
    public bool? Permanent { get; init; }

    public override CareCore Read(Faults faults)
    {
        faults.Organisation("council", Council);
        faults.Code("socialCareService", "kind", Kind, required: true);
        var (started, ended) = faults.Days("started", Started, "ended", Ended);
        faults.Money("weeklyCost", WeeklyCost);
        return new CareCore(started, ended, Council, Cost: WeeklyCost);
    }
}
