using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using Microsoft.Net.Http.Headers;

namespace IntegratedCare.Population.Intake;

/// <summary>Reads CloudEvents 1.0 (structured mode) that carry our own event types.</summary>
internal static class CareEventReader
{
    public const string TypePrefix = "uk.integratedcare.";

    /// <summary>The event, or the problem it has. <paramref name="mayPost"/> decides whether the caller may post for an ODS code.</summary>
    public static (CareEvent? Event, string? Id, RequestRefused? Problem) Read(JsonElement json, Func<string, bool> mayPost, DateTimeOffset now)
    {
        try
        {
            // Members that nobody reads are kept too, and the parser has not looked into their text.
            var payload = JsonMarshal.GetRawUtf8Value(json);
            return Utf8.IsValid(payload) ? ReadEnvelope(json, payload.ToArray(), mayPost, now) : NotUnicode();
        }
        catch (InvalidOperationException e) when (ProblemWriter.IsBrokenText(e))
        {
            return NotUnicode();
        }
    }

    private static (CareEvent? Event, string? Id, RequestRefused? Problem) NotUnicode() =>
        (null, null, Refuse([new FieldError("", "It holds text that is not Unicode, such as half of a surrogate pair.")]));

    private static (CareEvent? Event, string? Id, RequestRefused? Problem) ReadEnvelope(JsonElement json, byte[] payload, Func<string, bool> mayPost,
        DateTimeOffset now)
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
        ReadOptional(json, faults);

        long nhsNumber = 0;
        if (subject is not null && !NhsNumber.TryParse(subject, out nhsNumber))
            faults.Errors.Add(new FieldError("/subject", "Not a valid NHS number."));

        var kind = type is not null && type.StartsWith(TypePrefix, StringComparison.Ordinal) && type.EndsWith(".v1", StringComparison.Ordinal)
            ? type[TypePrefix.Length..^3] : null;
        Type? read = null;
        if (type is not null && (kind is null || !EventKinds.All.TryGetValue(kind, out read)))
            faults.Errors.Add(new FieldError("/type", $"Known types: {string.Join(", ", EventKinds.All.Keys.Select(k => $"{TypePrefix}{k}.v1"))}."));

        if (source is not null && !(OrganisationOf(source) is { } organisation && mayPost(organisation)))
            return (null, id, new RequestRefused(PopulationProblems.ForeignSource, PopulationProblems.ForeignSource.Explanation,
                [new FieldError("/source", "Not a source you may post for.")]));

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
        Type read, JsonElement body, Faults faults, (string? Id, string? Source, string Kind, long NhsNumber) envelope, byte[] payload)
    {
        EventData data;
        try
        {
            data = (EventData)body.Deserialize(read, SharedJson.Wire)!;
        }
        catch (JsonException fault)
        {
            var at = ProblemWriter.JsonFault(fault);
            faults.Errors.Add(new FieldError("/data" + at.Pointer, at.Detail));
            return (null, envelope.Id, Refuse(faults.Errors));
        }

        if (string.IsNullOrWhiteSpace(data.RecordId) || data.RecordId.Length > 100 || data.RecordId.Any(char.IsControl))
            faults.Add("recordId", "Required: 1 to 100 characters, none of them a control character.");
        if (data.RecordVersion is not (> 0 and <= SharedJson.MaxExactInteger))
            faults.Add("recordVersion", $"Required: 1 to {SharedJson.MaxExactInteger}.");
        if (data.Status is not (null or "active" or "cancelled"))
            faults.Add("status", "active or cancelled.");
        var cancelled = data.Status == "cancelled";
        // A cancellation need not repeat the record.
        var core = cancelled ? new CareCore() : data.Read(faults);
        if (faults.Errors.Count > 0)
            return (null, envelope.Id, Refuse(faults.Errors));
        return (new CareEvent(envelope.Source!, envelope.Id!, envelope.Kind, data.RecordId!, data.RecordVersion!.Value, cancelled, envelope.NhsNumber,
            core, cancelled ? null : data.ToJson(), payload), envelope.Id, null);
    }

    /// <summary>
    /// The optional attributes, and the extensions, by the rules of CloudEvents 1.0 and its JSON format: a null is as if it were not there.
    /// </summary>
    private static void ReadOptional(JsonElement json, Faults faults)
    {
        foreach (var member in json.EnumerateObject())
        {
            // Each time it is asked for, a name is made anew.
            var name = member.Name;
            if (member.Value.ValueKind == JsonValueKind.Null || name is "specversion" or "id" or "source" or "type" or "subject" or "data")
                continue;
            var text = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : null;
            var fault = name switch
            {
                "time" => text is not null && (IsUsual(text, member.Value) || Instants.TryParse(text, out _)) ? null : "An instant with seconds and offset, such as 2026-11-21T09:30:00Z.",
                "datacontenttype" => IsJson(text) ? null : "Only application/json, in UTF-8.",
                "dataschema" => Uri.TryCreate(text, UriKind.Absolute, out _) ? null : "An absolute URI.",
                "data_base64" => "Only JSON is taken: send data, and not data_base64.",
                _ when !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)) || name.Length == 0 =>
                    "The name of an extension is of small letters and digits.",
                _ when text is null && member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
                    && !(member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out _)) =>
                    "An extension is a text, a whole number of 32 bits, true or false.",
                _ => null,
            };
            if (fault is not null)
                faults.Errors.Add(new FieldError($"/{name}", fault));
        }
    }

    /// <summary>Whether an instant is in its usual form, in UTC: found without the general rules, as SharedJson does.</summary>
    private static bool IsUsual(string text, JsonElement value) => text is { Length: >= 20 and <= 28 } && text[10] == 'T' && text[^1] == 'Z'
        && value.TryGetDateTimeOffset(out var instant) && instant.Year >= 1850;

    private static bool IsJson(string? type) => type == "application/json" || MediaTypeHeaderValue.TryParse(type, out var media)
        && media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && media.Parameters.All(p => p.Name.Equals("charset", StringComparison.OrdinalIgnoreCase)
            && HeaderUtilities.RemoveQuotes(p.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static string? Text(JsonElement json, string member, int max, Faults faults, string? what = null)
    {
        if (json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            && text.Length <= max && !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl))
            return text;
        faults.Errors.Add(new FieldError($"/{member}",
            $"Required: {(what is null ? "" : what + ", ")}1 to {max} characters, none of them a control character."));
        return null;
    }

    private static RequestRefused Refuse(IReadOnlyList<FieldError> errors) =>
        new(PopulationProblems.InvalidEvent, PopulationProblems.InvalidEvent.Explanation, errors);
}
