using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Shared.Access;

/// <summary>The audit records of reads of person-level data, each committed before the answer is sent.</summary>
public static class AuditTrail
{
    public static async Task AuditReadAsync(this ModuleSession db, HttpContext http, IReadOnlyCollection<Guid> persons, int resultCount, CancellationToken ct)
    {
        var access = http.RequestServices.GetRequiredService<AccessContext>();
        await db.ExecuteAsync(
            $"""
            INSERT INTO {db.Schema}.audit (id, at, client_id, organisation, kind, purpose, acting_user, operation, persons, result_count, request_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """, ct,
            Guid.CreateVersion7(), db.Clock.GetUtcNow(), access.ClientId, access.Organisation, access.Kind, access.Purpose, access.ActingUser?.ToString(),
            http.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "",
            persons.ToArray(), resultCount, RequestIds.Of(http));
    }

    /// <summary>A page of the audit records of a person's data in this module, latest first. Reading them is audited too.</summary>
    public static async Task<Ok<Page<AuditEntry>>> ReadAuditAsync(this ModuleSession db, HttpContext http, Guid person, Paging paging, CancellationToken ct)
    {
        var rows = new List<AuditEntry>();
        await using (var command = await db.CommandAsync(
            $"SELECT id, at, client_id, organisation, kind, purpose, acting_user, operation, result_count FROM {db.Schema}.audit WHERE persons @> ARRAY[$1] "
                + "AND id < $2 ORDER BY id DESC LIMIT $3", ct, person, paging.Id() ?? Guid.AllBitsSet, paging.Take + 1))
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
public sealed record AuditEntry(Guid Id, DateTimeOffset At, string ClientId, string Organisation, string Kind, string Purpose, string? ActingUser,
    string Operation, int ResultCount);
