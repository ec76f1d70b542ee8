// A first call: a practice, a person, an emergency admission, and the person's timeline read back, with the generated client.
// Checks its own result, and may be run as often as you like. Wants a host in Development.
//   dotnet run --project samples/csharp [base address]
using System.Net.Http.Headers;
using IntegratedCare.Client;

var address = new Uri(args.FirstOrDefault() ?? Environment.GetEnvironmentVariable("INTEGRATED_CARE_URL") ?? "http://localhost:5080");
using var operatorHttp = new HttpClient { BaseAddress = address };
using var trustHttp = new HttpClient { BaseAddress = address };
var asOperator = await SignInAsync(operatorHttp, "demo-operator");
var asTrust = await SignInAsync(trustHttp, "demo-acute-trust");

foreach (var organisation in (OrganisationRequest[])
    [
        new() { Code = "RZ1", Name = "Demo Acute and Community Trust", Kind = "acute-trust" },
        new() { Code = "Y99001", Name = "Demo Practice 1", Kind = "general-practice" },
    ])
{
    try
    {
        await asOperator.RegisterOrganisationAsync(organisation);
    }
    catch (IntegratedCareException e) when (e.StatusCode == 409)
    {
        // Somebody has registered it before, differently. Good enough for us.
    }
}

Console.WriteLine("trust RZ1 and practice Y99001 are registered");

var created = await asOperator.RegisterPersonsAsync(new PersonRequest
{
    NhsNumber = "9434765919",
    FamilyName = "Example",
    GivenName = "Pat",
    BirthDate = new DateOnly(1941, 3, 5),
    Sex = "2",
    Practice = "Y99001",
    RegisteredFrom = new DateOnly(2015, 1, 1),
});
Console.WriteLine($"person {created.Id} is registered");

// Accepted the first time; a duplicate, and harmless, from then on.
var answer = await asTrust.PostEventsAsync(new CloudEventDocument
{
    Specversion = "1.0",
    Id = "first-1",
    Source = "urn:ods:RZ1:epr",
    Type = "uk.integratedcare.inpatient-spell.v1",
    Subject = "9434765919",
    Time = DateTimeOffset.Parse("2026-09-04T14:00:00Z", System.Globalization.CultureInfo.InvariantCulture),
    Data = new InpatientSpell
    {
        RecordId = "spell-1",
        RecordVersion = 1,
        Provider = "RZ1",
        AdmissionMethod = "21",
        PatientClass = "1",
        Admitted = DateTimeOffset.Parse("2026-09-01T10:15:00Z", System.Globalization.CultureInfo.InvariantCulture),
        Discharged = DateTimeOffset.Parse("2026-09-04T14:00:00Z", System.Globalization.CultureInfo.InvariantCulture),
        Diagnoses = ["I500", "R268", "N390"],
    },
});
Console.WriteLine($"event first-1: {answer.Status}");

// The trust has given care, so it may look the person up; the NHS number goes in the body, never in the address.
var person = await asTrust.LookUpPersonAsync(new LookUpPersonRequest { NhsNumber = "9434765919" }, XPurposeOfUse.DirectCare);
// The latest care comes first, a page at a time.
string? cursor = null;
bool found;
do
{
    var timeline = await asTrust.ReadTimelineAsync(person.Id, cursor, x_Purpose_Of_Use: XPurposeOfUse.DirectCare);
    found = timeline.Items.Any(entry => entry.RecordId == "spell-1");
    cursor = timeline.Next;
}
while (!found && cursor is not null);
if (!found)
{
    Console.Error.WriteLine("FAILED: the admission is not on the timeline");
    return 1;
}

Console.WriteLine($"ok: the admission is on the timeline of person {person.Id}");
return 0;

static async Task<IntegratedCareClient> SignInAsync(HttpClient http, string client)
{
    var api = new IntegratedCareClient(http);
    var token = await api.TokenAsync(new TokenForm { Grant_type = "client_credentials", Client_id = client, Client_secret = $"{client}-secret" });
    http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Access_token);
    return api;
}
