using System.Text.Json.Nodes;

namespace IntegratedCare.System.Tests;

/// <summary>An event of each type, in the document's order, with every member its type has. ExampleTests holds that each is accepted.</summary>
internal static class EventSamples
{
    public static readonly IReadOnlyList<(string Type, string Data)> All =
    [
        ("inpatient-spell", """
            {"recordId":"sample-1","recordVersion":1,"status":"active","provider":"RZ1","site":"RZ101","admissionMethod":"21","admissionSource":"19",
            "admitted":"2026-09-01T10:15:00Z",
            "dischargeReady":"2026-09-03T09:00:00Z","discharged":"2026-09-04T14:00:00Z","dischargeDestination":"19","patientClass":"1","diagnoses":["I500",
            "R268","N390"],"procedures":["K401"],
            "tariffPrice":2840.00,"actualCost":2615.50}
            """),
        ("emergency-attendance", """
            {"recordId":"sample-2","recordVersion":1,"status":"active","provider":"RZ1","departmentType":"01","attendanceCategory":"1",
            "arrived":"2026-09-01T10:15:00Z","departed":"2026-09-01T13:15:00Z",
            "disposal":"home","byAmbulance":true,"tariffPrice":150.00,"actualCost":140.50}
            """),
        ("condition-recorded", """{"recordId":"sample-3","recordVersion":1"""
            + ""","status":"active","code":"I110","register":"heart failure","onset":"2026-01-01","resolved":"2026-06-30"}"""),
        ("social-care-service", """{"recordId":"sample-4","recordVersion":1"""
            + ""","status":"active","council":"RZ1","kind":"home-care","started":"2026-01-01","ended":"2026-06-30","weeklyCost":310.50,"permanent":false}"""),
        ("death-recorded", """{"recordId":"sample-5","recordVersion":1,"status":"active","date":"2026-11-01","place":"home"}"""),
    ];

    /// <summary>The example event with another type and its data.</summary>
    public static JsonObject Event(JsonObject example, string type, string data)
    {
        var whole = example.DeepClone().AsObject();
        whole["id"] = $"sample-{type}";
        whole["type"] = $"uk.integratedcare.{type}.v1";
        whole["data"] = JsonNode.Parse(data);
        return whole;
    }
}
