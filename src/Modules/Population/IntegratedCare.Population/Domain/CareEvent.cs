using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Domain;

/// <summary>One posted care event, checked and typed: what is stored beside the raw payload.</summary>
internal sealed record CareEvent(
    string Source,
    string Id,
    string Kind,
    string RecordId,
    long RecordVersion,
    bool Cancelled,
    long NhsNumber,
    CareDetails Details,
    string Payload);

/// <summary>The typed facts of a care event, whatever its kind; what a kind does not have is null.</summary>
internal sealed record CareDetails(
    DateTimeOffset? Started = null,
    DateTimeOffset? Ended = null,
    DateTimeOffset? Ready = null,
    string? Provider = null,
    string? AdmissionMethod = null,
    string? AdmissionSource = null,
    string? PatientClass = null,
    string? Destination = null,
    IReadOnlyList<string>? Diagnoses = null,
    IReadOnlyList<string>? Procedures = null,
    string? ServiceKind = null,
    bool? Permanent = null,
    string? ConditionCode = null,
    string? Register = null,
    decimal? Price = null,
    decimal? Cost = null);

/// <summary>The data of each event type. To add a type: a record here that says how it reads, and a line in <see cref="CareEventReader.Kinds"/>.</summary>
internal abstract record EventData
{
    /// <summary>Identifies the record within its source; later events with the same id amend it.</summary>
    public string? RecordId { get; init; }

    /// <summary>1 or more; a higher version amends, an equal or lower one is ignored.</summary>
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

/// <summary>The faults of one event, each with its pointer.</summary>
internal sealed class Faults(DateTimeOffset now)
{
    public List<FieldError> Errors { get; } = [];

    public void Add(string member, string detail) => Errors.Add(new FieldError($"/data/{member}", detail));

    public void Code(string list, string member, string? code, bool required)
    {
        if (code is null ? required : !Codes.Has(list, code))
            Add(member, code is null ? "Required." : "Not a code of this list.");
    }

    public void Organisation(string member, string? code)
    {
        if (!Codes.IsOrganisation(code))
            Add(member, code is null ? "Required: the organisation's ODS code." : "Not an ODS code.");
    }

    public void Period(string startMember, DateTimeOffset? start, string endMember, DateTimeOffset? end)
    {
        if (start is null)
            Add(startMember, "Required.");
        Instant(startMember, start);
        Instant(endMember, end);
        if (end < start)
            Add(endMember, $"Not before {startMember}.");
    }

    /// <summary>Calendar dates of care, as the instants at which those days begin in London.</summary>
    public (DateTimeOffset? Start, DateTimeOffset? End) Days(string startMember, DateOnly? start, string endMember, DateOnly? end)
    {
        if (start < new DateOnly(1850, 1, 1) || end < new DateOnly(1850, 1, 1))
        {
            Add(startMember, "Not more than 130 years ago.");
            return (null, null);
        }

        DateTimeOffset? from = start is { } s ? LondonTime.StartOf(s) : null;
        DateTimeOffset? to = end is { } e ? LondonTime.StartOf(e) : null;
        Period(startMember, from, endMember, to);
        return (from, to);
    }

    public void Instant(string member, DateTimeOffset? instant)
    {
        // A day of grace for clocks that run ahead.
        if (instant > now.AddDays(1) || instant < now.AddYears(-130))
            Add(member, "Not in the future, and not more than 130 years ago.");
    }

    public void Money(string member, decimal? amount)
    {
        if (amount is < 0 or > 100_000_000m || (amount is { } a && decimal.Round(a, 2) != a))
            Add(member, "Pounds and pence, not negative, at most 100,000,000.");
    }

    public void Text(string member, string? text, int most)
    {
        if (text?.Length > most || text?.Contains('\0') == true)
            Add(member, $"At most {most} characters.");
    }

    public void Each(string member, IReadOnlyList<string>? items, Func<string?, bool> isValid, int most, string detail)
    {
        if (items?.Count > most)
            Add(member, $"At most {most}.");
        for (var i = 0; i < items?.Count && i < most; i++)
        {
            if (!isValid(items[i]))
                Add($"{member}/{i}", detail);
        }
    }
}

/// <summary>Reads CloudEvents 1.0 (structured mode) that carry our own event types.</summary>
internal static class CareEventReader
{
    public const string TypePrefix = "uk.integratedcare.";

    /// <summary>The event types, by the name that <c>type</c> carries between prefix and version.</summary>
    public static readonly IReadOnlyDictionary<string, Func<JsonElement, EventData?>> Kinds = new Dictionary<string, Func<JsonElement, EventData?>>(StringComparer.Ordinal)
    {
        ["inpatient-spell"] = data => data.Deserialize<InpatientSpell>(SharedJson.Wire),
        ["emergency-attendance"] = data => data.Deserialize<EmergencyAttendance>(SharedJson.Wire),
        ["condition-recorded"] = data => data.Deserialize<ConditionRecorded>(SharedJson.Wire),
        ["social-care-service"] = data => data.Deserialize<SocialCareService>(SharedJson.Wire),
        ["death-recorded"] = data => data.Deserialize<DeathRecorded>(SharedJson.Wire),
    };

    /// <summary>The event, or the problem it has. <paramref name="mayPost"/> says whether the caller may speak for an ODS code.</summary>
    public static (CareEvent? Event, string? Id, RequestRefused? Problem) Read(JsonElement json, string payload, Func<string, bool> mayPost, DateTimeOffset now)
    {
        try
        {
            return ReadEnvelope(json, payload, mayPost, now);
        }
        catch (InvalidOperationException e) when (ProblemWriter.IsBrokenText(e))
        {
            return (null, null, Refuse([new FieldError("", "It holds text that is not Unicode, such as half of a surrogate pair.")]));
        }
    }

    private static (CareEvent? Event, string? Id, RequestRefused? Problem) ReadEnvelope(JsonElement json, string payload, Func<string, bool> mayPost, DateTimeOffset now)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return (null, null, Refuse([new FieldError("", "An event is a JSON object.")]));
        var faults = new Faults(now);
        var id = Text(json, "id", 200, faults);
        var source = Text(json, "source", 200, faults);
        var type = Text(json, "type", 200, faults);
        var subject = Text(json, "subject", 10, faults, "the NHS number");
        if (json.TryGetProperty("specversion", out var version) && version.ValueKind == JsonValueKind.String && version.GetString() != "1.0")
            faults.Errors.Add(new FieldError("/specversion", "Only 1.0 is known."));
        else if (version.ValueKind != JsonValueKind.String)
            faults.Errors.Add(new FieldError("/specversion", "Required: 1.0."));
        if (json.TryGetProperty("time", out var time) && (time.ValueKind != JsonValueKind.String || !Instants.TryParse(time.GetString()!, out _)))
            faults.Errors.Add(new FieldError("/time", "An instant with its offset."));
        if (json.TryGetProperty("datacontenttype", out var content) && (content.ValueKind != JsonValueKind.String || content.GetString() != "application/json"))
            faults.Errors.Add(new FieldError("/datacontenttype", "Only application/json."));

        long nhsNumber = 0;
        if (subject is not null && !NhsNumber.TryParse(subject, out nhsNumber))
            faults.Errors.Add(new FieldError("/subject", "Not a valid NHS number."));

        var kind = type is not null && type.StartsWith(TypePrefix, StringComparison.Ordinal) && type.EndsWith(".v1", StringComparison.Ordinal)
            ? type[TypePrefix.Length..^3] : null;
        Func<JsonElement, EventData?>? read = null;
        if (type is not null && (kind is null || !Kinds.TryGetValue(kind, out read)))
            faults.Errors.Add(new FieldError("/type", $"Known types: {string.Join(", ", Kinds.Keys.Select(k => $"{TypePrefix}{k}.v1"))}."));

        if (source is not null && !(OrganisationOf(source) is { } organisation && mayPost(organisation)))
            return (null, id, new RequestRefused(PopulationProblems.ForeignSource, PopulationProblems.ForeignSource.Explanation, [new FieldError("/source", "Not a source you may post for.")]));

        if (!json.TryGetProperty("data", out var body) || body.ValueKind != JsonValueKind.Object)
            faults.Errors.Add(new FieldError("/data", "Required: an object."));
        else if (read is not null)
            return ReadData(read, body, faults, (id, source, kind!, nhsNumber), payload);
        return (null, id, Refuse(faults.Errors));
    }

    /// <summary>The ODS code in <c>urn:ods:RZ1</c> or <c>urn:ods:RZ1:epr</c>.</summary>
    public static string? OrganisationOf(string source)
    {
        var parts = source.Split(':');
        return parts.Length is 3 or 4 && parts[0] == "urn" && parts[1] == "ods" && Codes.IsOrganisation(parts[2]) ? parts[2] : null;
    }

    private static (CareEvent?, string?, RequestRefused?) ReadData(
        Func<JsonElement, EventData?> read, JsonElement body, Faults faults, (string? Id, string? Source, string Kind, long NhsNumber) envelope, string payload)
    {
        EventData data;
        try
        {
            data = read(body)!;
        }
        catch (JsonException fault)
        {
            var at = ProblemWriter.JsonFault(fault);
            faults.Errors.Add(new FieldError("/data" + at.Pointer, at.Detail));
            return (null, envelope.Id, Refuse(faults.Errors));
        }

        if (string.IsNullOrWhiteSpace(data.RecordId) || data.RecordId.Length > 100 || data.RecordId.Contains('\0'))
            faults.Add("recordId", "Required: 1 to 100 characters.");
        if (data.RecordVersion is not > 0)
            faults.Add("recordVersion", "Required: 1 or more.");
        if (data.Status is not (null or "active" or "cancelled"))
            faults.Add("status", "active or cancelled.");
        var cancelled = data.Status == "cancelled";
        // A cancellation need not repeat the record.
        var details = cancelled ? new CareDetails() : data.Read(faults);
        if (faults.Errors.Count > 0)
            return (null, envelope.Id, Refuse(faults.Errors));
        return (new CareEvent(envelope.Source!, envelope.Id!, envelope.Kind, data.RecordId!, data.RecordVersion!.Value, cancelled, envelope.NhsNumber,
            details, payload), envelope.Id, null);
    }

    private static string? Text(JsonElement json, string member, int most, Faults faults, string? what = null)
    {
        if (json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            && text.Length <= most && !text.Contains('\0'))
            return text;
        faults.Errors.Add(new FieldError($"/{member}", $"Required: {(what is null ? "" : what + ", ")}1 to {most} characters."));
        return null;
    }

    private static RequestRefused Refuse(IReadOnlyList<FieldError> errors) => new(PopulationProblems.InvalidEvent, PopulationProblems.InvalidEvent.Explanation, errors);
}
