using System.Text.RegularExpressions;
using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace IntegratedCare.Population.Features;

/// <summary>What became of a bulk load of one's own organisation.</summary>
internal sealed class ReadLoad : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/loads/{id:guid}", Handle)
        .Access(Scopes.PopulationRead, [Purposes.Operations, Purposes.DirectCare]);

    private static async Task<Ok<LoadView>> Handle(Guid id, AccessContext access, LoadStore loads, CancellationToken ct) =>
        TypedResults.Ok(await loads.FindAsync(id, access.Organisation, ct) ?? throw Problems.Missing());
}

/// <summary>The lines a load could not take, to be corrected and sent again.</summary>
internal sealed partial class ListRejects : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/loads/{id:guid}/rejects", Handle)
        .Access(Scopes.PopulationRead, [Purposes.Operations, Purposes.DirectCare], personLevel: true);

    private static async Task<Ok<Page<RejectedLine>>> Handle(
        Guid id, [AsParameters] Paging paging, HttpContext http, AccessContext access, LoadStore loads, PopulationDb db, CancellationToken ct)
    {
        // The lines are as they were sent: names, numbers and all.
        AccessTable.RequireOwnRecords(access);
        _ = await loads.FindAsync(id, access.Organisation, ct) ?? throw Problems.Missing();
        var after = paging.Position(1) is [var text] && long.TryParse(text, out var line) ? line : 0;
        var rows = await loads.RejectsAsync(id, after, paging.Take + 1, ct);
        var shown = rows.Take(paging.Take).ToList();
        await db.AuditReadAsync(http, await PersonsInAsync(await db.NpgsqlAsync(ct), shown, ct), shown.Count, ct);
        return paging.Answer(http, rows, r => [r.Line.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
    }

    /// <summary>Whom the lines are about, as far as the register knows: by every NHS number in them, whatever their format.</summary>
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
        await using var command = new NpgsqlCommand("SELECT id FROM population.person WHERE nhs_number = ANY($1)", connection) { Parameters = { new() { Value = numbers.ToArray() } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            persons.Add(reader.GetGuid(0));
        return persons;
    }

    [GeneratedRegex("[0-9]{10,}", RegexOptions.NonBacktracking)]
    private static partial Regex Digits();
}

/// <summary>Records of the caller's sources that wait for a person who is not registered yet.</summary>
internal sealed class ListWaitingRecords : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/waiting-records", Handle)
        .WithMetadata(new MayLag())
        .Access(Scopes.PopulationRead, [Purposes.Operations, Purposes.DirectCare]);

    private static async Task<Ok<Page<WaitingRecord>>> Handle(
        [AsParameters] Paging paging, HttpContext http, AccessContext access, PopulationDb db, Applied applied, CancellationToken ct)
    {
        // A row each of a person's care, and its record id may tell whose: for whom the table gives rows.
        AccessTable.RequireOwnRecords(access);
        await applied.WaitAsync(http, ct);
        var after = paging.Position(2) ?? ["", ""];
        var connection = await db.NpgsqlAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            SELECT source, record_id, record_version, kind, received_at FROM population.record
            WHERE person_id IS NULL AND (source, record_id) > ($1, $2) AND ($4 OR split_part(source, ':', 3) = ANY($3))
            ORDER BY source, record_id LIMIT $5
            """, connection)
        {
            Parameters =
            {
                new() { Value = after[0] },
                new() { Value = after[1] },
                new() { Value = access.GrantedSources.Append(access.Organisation).ToArray() },
                new() { Value = access.Kind == OrganisationKinds.SystemOperator },
                new() { Value = paging.Take + 1 },
            },
        };
        var rows = new List<WaitingRecord>();
        await using (var r = await command.ExecuteReaderAsync(ct))
        {
            while (await r.ReadAsync(ct))
                rows.Add(new WaitingRecord(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4), "person-not-registered"));
        }

        return paging.Answer(http, rows, w => [w.Source, w.RecordId]);
    }
}

internal sealed record WaitingRecord(string Source, string RecordId, long RecordVersion, string Kind, DateTimeOffset ReceivedAt, string WaitsFor);

/// <summary>Who read a person's data in this module: for the person's practice and the operator. Care Pathways has its own.</summary>
internal sealed class ReadAudit : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/persons/{id:guid}/audit", Handle)
        .Access(Scopes.PopulationRead, [Purposes.Operations], personLevel: true, kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);

    private static async Task<Ok<Page<AuditEntry>>> Handle(Guid id, [AsParameters] Paging paging, HttpContext http, AccessContext access, PopulationDb db, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        await PersonRelationships.RequireAsync(connection, access, id, db.Clock.GetUtcNow(), ct);
        return await db.ReadAuditAsync(http, id, paging, ct);
    }
}
