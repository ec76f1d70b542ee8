namespace IntegratedCare.Population.Intake.Kinds;

/// <summary>A condition as a practice or clinic records it.</summary>
[EventKind("condition-recorded")]
internal sealed record ConditionRecorded : EventData
{
    public string? Code { get; init; }
    public string? Register { get; init; }
    [InCore] public DateOnly? Onset { get; init; }
    [InCore] public DateOnly? Resolved { get; init; }

    public override CareCore Read(Faults faults)
    {
        if (!Codes.IsCondition(Code))
            faults.Add("code", "An ICD-10 code without dot, or a SNOMED CT identifier.");
        faults.Text("register", Register, 60);
        var (started, ended) = faults.Days("onset", Onset, "resolved", Resolved);
        return new CareCore(started, ended);
    }
}
