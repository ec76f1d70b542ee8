using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Shared.Access;

/// <summary>Leaves the record that every read of person-level data must leave. It is committed before the answer is sent.</summary>
public static class AuditTrail
{
    public static async Task AuditReadAsync(this ModuleSession db, HttpContext http, IReadOnlyCollection<Guid> persons, int resultCount, CancellationToken ct)
    {
        var access = http.RequestServices.GetRequiredService<AccessContext>();
        var connection = await db.ConnectionAsync(ct);
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO {db.Schema}.audit (id, at, client_id, organisation, kind, purpose, acting_user, operation, persons, result_count, request_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """, connection)
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7() },
                new() { Value = db.Clock.GetUtcNow() },
                new() { Value = access.ClientId },
                new() { Value = access.Organisation },
                new() { Value = access.Kind },
                new() { Value = access.Purpose },
                new() { Value = (object?)access.ActingUser?.ToString() ?? DBNull.Value },
                new() { Value = http.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "" },
                new() { Value = persons.ToArray() },
                new() { Value = resultCount },
                new() { Value = RequestIds.Of(http) },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A page of who read a person's data in this module, latest first. Looking at it is a read too.</summary>
    public static async Task<Ok<Page<AuditEntry>>> ReadAuditAsync(this ModuleSession db, HttpContext http, Guid person, Paging paging, CancellationToken ct)
    {
        var rows = new List<AuditEntry>();
        await using (var command = new NpgsqlCommand(
            $"SELECT id, at, client_id, organisation, kind, purpose, acting_user, operation, result_count FROM {db.Schema}.audit WHERE persons @> ARRAY[$1] AND id < $2 ORDER BY id DESC LIMIT $3",
            await db.ConnectionAsync(ct))
        { Parameters = { new() { Value = person }, new() { Value = paging.Id() ?? Guid.AllBitsSet }, new() { Value = paging.Take + 1 } } })
        {
            await using var r = await command.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
            {
                rows.Add(new AuditEntry(r.GetGuid(0), r.GetFieldValue<DateTimeOffset>(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5),
                    r.IsDBNull(6) ? null : r.GetString(6), r.GetString(7), r.GetInt32(8)));
            }
        }

        await db.AuditReadAsync(http, [person], Math.Min(rows.Count, paging.Take), ct);
        return paging.Answer(http, rows, a => [a.Id.ToString()]);
    }
}

/// <param name="ActingUser">Such as <c>Jo Bell, nurse, NMC 01A2345E</c>.</param>
/// <param name="Operation">The operation's id in the API document.</param>
public sealed record AuditEntry(Guid Id, DateTimeOffset At, string ClientId, string Organisation, string Kind, string Purpose, string? ActingUser, string Operation, int ResultCount);
