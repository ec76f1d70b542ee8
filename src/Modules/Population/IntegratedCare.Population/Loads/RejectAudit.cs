using System.Text.RegularExpressions;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace IntegratedCare.Population.Loads;

internal static partial class RejectAudit
{
    public static async Task AuditLinesAsync(this PopulationSession session, HttpContext http, List<RejectedLine> lines, CancellationToken ct) =>
        await session.AuditReadAsync(http, await PersonsInAsync(await session.ConnectionAsync(ct), lines, ct), lines.Count, ct);

    /// <summary>The registered persons that the lines are about, by every NHS number in them, whatever their format.</summary>
    private static async Task<List<Guid>> PersonsInAsync(NpgsqlConnection connection, List<RejectedLine> lines, CancellationToken ct)
    {
        var numbers = new HashSet<long>();
        foreach (var line in lines)
        {
            foreach (var digits in Digits().EnumerateMatches(line.Content))
            {
                if (NhsNumber.TryParse(line.Content.AsSpan(digits.Index, digits.Length), out var number))
                    numbers.Add(number);
            }
        }

        var persons = new List<Guid>();
        if (numbers.Count == 0)
            return persons;
        await using var command = new NpgsqlCommand("SELECT id FROM population.person WHERE nhs_number = ANY($1)", connection)
        {
            Parameters = { new() { Value = numbers.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            persons.Add(reader.GetGuid(0));
        return persons;
    }

    [GeneratedRegex("[0-9]{10,}", RegexOptions.NonBacktracking)]
    private static partial Regex Digits();
}
