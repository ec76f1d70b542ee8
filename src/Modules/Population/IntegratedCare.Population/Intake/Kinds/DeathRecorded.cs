namespace IntegratedCare.Population.Intake.Kinds;

/// <summary>A death. A cancelled record withdraws it.</summary>
[EventKind("death-recorded")]
internal sealed record DeathRecorded : EventData
{
    [InCore] public DateOnly? Date { get; init; }
    public string? Place { get; init; }

    public override CareCore Read(Faults faults)
    {
        var (started, _) = faults.Days("date", Date, "date", null);
        faults.Text("place", Place, 60);
        return new CareCore(started);
    }
}
