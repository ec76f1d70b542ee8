namespace IntegratedCare.Population.Intake.Kinds;

/// <summary>A hospital provider spell. Codes follow the NHS Data Dictionary; ICD-10 and OPCS-4 without dots.</summary>
[EventKind("inpatient-spell")]
internal sealed record InpatientSpell : EventData
{
    [InCore] public string? Provider { get; init; }
    public string? Site { get; init; }
    public string? AdmissionMethod { get; init; }
    public string? AdmissionSource { get; init; }
    [InCore] public DateTimeOffset? Admitted { get; init; }
    public DateTimeOffset? DischargeReady { get; init; }
    [InCore] public DateTimeOffset? Discharged { get; init; }
    public string? DischargeDestination { get; init; }
    public string? PatientClass { get; init; }
    public IReadOnlyList<string>? Diagnoses { get; init; }
    public IReadOnlyList<string>? Procedures { get; init; }
    [InCore] public decimal? TariffPrice { get; init; }
    [InCore] public decimal? ActualCost { get; init; }

    public override CareCore Read(Faults faults)
    {
        faults.Organisation("provider", Provider);
        faults.Text("site", Site, 20);
        faults.Code("admissionMethod", "admissionMethod", AdmissionMethod, required: true);
        faults.Code("admissionSource", "admissionSource", AdmissionSource, required: false);
        faults.Code("patientClass", "patientClass", PatientClass, required: true);
        faults.Code("dischargeDestination", "dischargeDestination", DischargeDestination, required: false);
        faults.Period("admitted", Admitted, "discharged", Discharged);
        if (DischargeReady < Admitted)
            faults.Add("dischargeReady", "Not before admitted.");
        faults.Each("diagnoses", Diagnoses, Codes.IsIcd10, 24, "An ICD-10 code without dot, such as I110.");
        faults.Each("procedures", Procedures, Codes.IsOpcs4, 24, "An OPCS-4 code without dot, such as K401.");
        faults.Money("tariffPrice", TariffPrice);
        faults.Money("actualCost", ActualCost);
        return new CareCore(Admitted, Discharged, Provider, TariffPrice, ActualCost);
    }
}
