using System.Text.Json;
using IntegratedCare.Population.Loads;
using IntegratedCare.Shared;

namespace IntegratedCare.Population.Persons;

/// <summary>A person as one line of a bulk body.</summary>
internal static class PersonLine
{
    public static PersonRequest FromJson(ILineReader line) =>
        FastPersonReader.Read(line.Bytes) ?? JsonSerializer.Deserialize<PersonRequest>(line.Text, SharedJson.Wire)
            ?? throw new JsonException("The line is null.");

    public static PersonRequest FromCsv(ILineReader line)
    {
        var csv = (CsvLines)line;
        return new PersonRequest(csv.Member("nhsNumber"), csv.Member("familyName"), csv.Member("givenName"), csv.Date("birthDate"), csv.Member("sex"),
            csv.Member("practice"), csv.Date("registeredFrom"), csv.Member("ethnicCategory"), csv.Member("lsoa"), csv.Number("imdScore"),
            csv.Whole("imdDecile"));
    }
}
