namespace IntegratedCare.Population.Intake;

/// <summary>The data of each event type. To add a type: a record here that says how it reads, and a line in <see cref="CareEventReader.Kinds"/>.</summary>
internal abstract record EventData
{
    /// <summary>Identifies the record within its source; later events with the same id amend it.</summary>
    public string? RecordId { get; init; }

    /// <summary>From 1 to 9,007,199,254,740,991; a higher version amends, an equal or lower one is ignored.</summary>
    public long? RecordVersion { get; init; }

    /// <summary><c>active</c> (the default) or <c>cancelled</c>.</summary>
    public string? Status { get; init; }

    public abstract CareDetails Read(Faults faults);
}

/// <summary>A hospital provider spell. Codes follow the NHS Data Dictionary; ICD-10 and OPCS-4 without dots.</summary>
internal sealed record InpatientSpell : EventData
{
    public string? Provider { get; init; }
    public string? Site { get; init; }
    public string? AdmissionMethod { get; init; }
    public string? AdmissionSource { get; init; }
    public DateTimeOffset? Admitted { get; init; }
    public DateTimeOffset? DischargeReady { get; init; }
    public DateTimeOffset? Discharged { get; init; }
    public string? DischargeDestination { get; init; }
    public string? PatientClass { get; init; }
    public IReadOnlyList<string>? Diagnoses { get; init; }
    public IReadOnlyList<string>? Procedures { get; init; }
    public decimal? TariffPrice { get; init; }
    public decimal? ActualCost { get; init; }

    public override CareDetails Read(Faults faults)
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
        return new CareDetails(Admitted, Discharged, DischargeReady, Provider, AdmissionMethod, AdmissionSource, PatientClass, DischargeDestination,
            Diagnoses, Procedures, Price: TariffPrice, Cost: ActualCost);
    }
}

/// <summary>An attendance at an emergency care department.</summary>
internal sealed record EmergencyAttendance : EventData
{
    public string? Provider { get; init; }
    public string? DepartmentType { get; init; }
    public string? AttendanceCategory { get; init; }
    public DateTimeOffset? Arrived { get; init; }
    public DateTimeOffset? Departed { get; init; }
    public string? Disposal { get; init; }
    public bool? ByAmbulance { get; init; }
    public decimal? TariffPrice { get; init; }
    public decimal? ActualCost { get; init; }

    public override CareDetails Read(Faults faults)
    {
        faults.Organisation("provider", Provider);
        faults.Code("departmentType", "departmentType", DepartmentType, required: true);
        faults.Code("attendanceCategory", "attendanceCategory", AttendanceCategory, required: false);
        faults.Period("arrived", Arrived, "departed", Departed);
        faults.Text("disposal", Disposal, 40);
        faults.Money("tariffPrice", TariffPrice);
        faults.Money("actualCost", ActualCost);
        return new CareDetails(Arrived, Departed, Provider: Provider, ServiceKind: DepartmentType, Price: TariffPrice, Cost: ActualCost);
    }
}

/// <summary>A condition as a practice or clinic records it.</summary>
internal sealed record ConditionRecorded : EventData
{
    public string? Code { get; init; }
    public string? Register { get; init; }
    public DateOnly? Onset { get; init; }
    public DateOnly? Resolved { get; init; }

    public override CareDetails Read(Faults faults)
    {
        if (!Codes.IsCondition(Code))
            faults.Add("code", "An ICD-10 code without dot, or a SNOMED CT identifier.");
        faults.Text("register", Register, 60);
        var (started, ended) = faults.Days("onset", Onset, "resolved", Resolved);
        return new CareDetails(started, ended, ConditionCode: Code, Register: Register);
    }
}

/// <summary>A social care service that a council arranges. Cost is by the week.</summary>
internal sealed record SocialCareService : EventData
{
    public string? Council { get; init; }
    public string? Kind { get; init; }
    public DateOnly? Started { get; init; }
    public DateOnly? Ended { get; init; }
    public decimal? WeeklyCost { get; init; }
    public bool? Permanent { get; init; }

    public override CareDetails Read(Faults faults)
    {
        faults.Organisation("council", Council);
        faults.Code("socialCareService", "kind", Kind, required: true);
        var (started, ended) = faults.Days("started", Started, "ended", Ended);
        faults.Money("weeklyCost", WeeklyCost);
        return new CareDetails(started, ended, Provider: Council, ServiceKind: Kind, Permanent: Permanent, Cost: WeeklyCost);
    }
}

/// <summary>A death. A cancelled record withdraws it.</summary>
internal sealed record DeathRecorded : EventData
{
    public DateOnly? Date { get; init; }
    public string? Place { get; init; }

    public override CareDetails Read(Faults faults)
    {
        var (started, _) = faults.Days("date", Date, "date", null);
        faults.Text("place", Place, 60);
        return new CareDetails(started, ServiceKind: Place);
    }
}
