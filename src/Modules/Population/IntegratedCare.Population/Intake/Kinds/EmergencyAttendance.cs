namespace IntegratedCare.Population.Intake.Kinds;

/// <summary>An attendance at an emergency care department.</summary>
[EventKind("emergency-attendance", OpenWithoutEnd = false)]
internal sealed record EmergencyAttendance : EventData
{
    [InCore] public string? Provider { get; init; }
    public string? DepartmentType { get; init; }
    public string? AttendanceCategory { get; init; }
    [InCore] public DateTimeOffset? Arrived { get; init; }
    [InCore] public DateTimeOffset? Departed { get; init; }
    public string? Disposal { get; init; }
    public bool? ByAmbulance { get; init; }
    [InCore] public decimal? TariffPrice { get; init; }
    [InCore] public decimal? ActualCost { get; init; }

    public override CareCore Read(Faults faults)
    {
        faults.Organisation("provider", Provider);
        faults.Code("departmentType", "departmentType", DepartmentType, required: true);
        faults.Code("attendanceCategory", "attendanceCategory", AttendanceCategory, required: false);
        faults.Period("arrived", Arrived, "departed", Departed);
        faults.Text("disposal", Disposal, 40);
        faults.Money("tariffPrice", TariffPrice);
        faults.Money("actualCost", ActualCost);
        return new CareCore(Arrived, Departed, Provider, TariffPrice, ActualCost);
    }
}
