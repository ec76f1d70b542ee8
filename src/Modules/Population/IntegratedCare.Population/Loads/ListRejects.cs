using System.Globalization;
using System.Text.RegularExpressions;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace IntegratedCare.Population.Loads;

/// <summary>The rejected lines of a load, to be corrected and sent again.</summary>
internal sealed partial class ListRejects(PopulationSession session, AccessContext access) : CareEndpoint<Ok<Page<RejectedLine>>>
{
    public override void Configure()
    {
        Get("/v1/population/loads/{id:guid}/rejects");
        Access(PopulationScopes.Read, [Purposes.Operations, Purposes.DirectCare], personLevel: true);
        Paged();
    }

    protected override async Task<Ok<Page<RejectedLine>>> HandleAsync(CancellationToken ct)
    {
        // The lines contain personal data exactly as it was sent.
        AccessTable.RequireOwnRecords(access);
        var load = await session.FindLoadAsync(Id, access, ct) ?? throw Problems.Missing();
        var after = Paging.Position(1) is [var text] && long.TryParse(text, out var line) ? line : 0;
        var rows = await session.ListRejectsAsync(load, after, Paging.Take + 1, ct);
        var shown = rows.Take(Paging.Take).ToList();
        await session.AuditReadAsync(HttpContext, await PersonsInAsync(await session.ConnectionAsync(ct), shown, ct), shown.Count, ct);
        return Paging.Answer(HttpContext, rows, r => [r.Line.ToString(CultureInfo.InvariantCulture)]);
    }

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
