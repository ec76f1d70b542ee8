using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Shared.Access;

/// <summary>Leaves the record that every read of person-level data must leave. It is committed before the answer is sent.</summary>
public static class AuditTrail
{
    public static async Task AuditReadAsync(this ModuleDbContext db, HttpContext http, IReadOnlyCollection<Guid> persons, int resultCount, CancellationToken ct)
    {
        var access = http.RequestServices.GetRequiredService<AccessContext>();
        var connection = await db.NpgsqlAsync(ct);
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
}
