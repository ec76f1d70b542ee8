using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Npgsql;

namespace IntegratedCare.Shared.Http;

/// <summary>Marks a POST that de-duplicates in its own way and does not take <c>Idempotency-Key</c>: events and bulk bodies.</summary>
/// <param name="ExceptContentType">The one content type that takes the key, where an endpoint accepts single documents as well as bulk bodies.</param>
public sealed record NoIdempotencyKey(string? ExceptContentType = null)
{
    internal bool AppliesTo(string? contentType) => ExceptContentType is null
        || !MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.MediaType.Equals(ExceptContentType, StringComparison.OrdinalIgnoreCase);
}

/// <summary>
/// <c>Idempotency-Key</c> on POST: the handler runs inside one transaction of its module's session, and the key with the
/// response is committed by that same transaction. So a crash leaves both or neither, and only committed responses are sent.
/// For an answer about a person only status, <c>Location</c> and <c>ETag</c> are stored: a replay, up to 30 days later, must not show
/// data without an access check and an audit record. The caller reads the resource again.
/// </summary>
public static class Idempotency
{
    private const int MaxKeyLength = 200;
    private static readonly string[] KeptHeaders = ["Location", "ETag", "Content-Type"];

    public static IApplicationBuilder UseIdempotencyKeys(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        var endpoint = http.GetEndpoint();
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0 || !HttpMethods.IsPost(http.Request.Method)
            || endpoint?.Metadata.GetMetadata<ModuleMetadata>() is not { } metadata
            || endpoint.Metadata.GetMetadata<NoIdempotencyKey>()?.AppliesTo(http.Request.ContentType) == true)
        {
            await next(http);
            return;
        }

        if (key.Length > MaxKeyLength)
            throw new RequestRefused(Problems.InvalidRequest, $"An Idempotency-Key has at most {MaxKeyLength} characters.");

        var client = http.RequestServices.GetRequiredService<AccessContext>().ClientId;
        var hash = await HashAsync(http);
        var db = (ModuleSession)http.RequestServices.GetRequiredService(metadata.Module.Session);
        var connection = await db.ConnectionAsync(http.RequestAborted);

        var minimal = endpoint.Metadata.GetMetadata<EndpointAccess>() is { PersonLevel: true };
        if (await FindAsync(connection, db.Schema, client, key, http.RequestAborted) is { } stored)
        {
            await ReplayAsync(http, stored, hash, minimal);
            return;
        }

        await db.HoldAsync(http.RequestAborted);
        if (!await db.TryLockAsync($"{client}|{key}", http.RequestAborted))
            throw new RequestRefused(Problems.RequestInProgress, Problems.RequestInProgress.Explanation);

        // Another request may have finished between the first look and the lock.
        if (await FindAsync(connection, db.Schema, client, key, http.RequestAborted) is { } finished)
        {
            await ReplayAsync(http, finished, hash, minimal);
            return;
        }

        var body = http.Response.Body;
        using var buffer = new MemoryStream();
        http.Response.Body = buffer;
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = body;
        }

        if (http.Response.StatusCode < 300)
        {
            var headers = KeptHeaders.Where(h => http.Response.Headers.ContainsKey(h)).ToDictionary(h => h, h => http.Response.Headers[h].ToString());
            await connection.ExecuteAsync(
                $"INSERT INTO {db.Schema}.idempotency (client_id, key, request_hash, status, headers, body) VALUES ($1, $2, $3, $4, $5, $6)",
                http.RequestAborted, client, key, hash, http.Response.StatusCode, JsonSerializer.Serialize(headers), minimal ? [] : buffer.ToArray());
            await db.CommitHeldAsync();
        }
        else
        {
            await db.RollbackHeldAsync();
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(body, http.RequestAborted);
    });

    private static async Task<byte[]> HashAsync(HttpContext http)
    {
        http.Request.EnableBuffering();
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(Encoding.UTF8.GetBytes($"{http.Request.Path}{http.Request.QueryString}|{http.Request.ContentType}|"
            + $"{http.Request.Headers["X-Purpose-Of-Use"]}|{http.Request.Headers["X-Acting-User"]}|"));
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(chunk, http.RequestAborted)) > 0)
            sha.AppendData(chunk, 0, read);
        http.Request.Body.Position = 0;
        return sha.GetHashAndReset();
    }

    private static async Task<Stored?> FindAsync(NpgsqlConnection connection, string schema, string client, string key, CancellationToken ct)
    {
        await using var command = connection.Command(
            $"SELECT request_hash, status, headers, body FROM {schema}.idempotency WHERE client_id = $1 AND key = $2", client, key);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new Stored(reader.GetFieldValue<byte[]>(0), reader.GetInt32(1),
                JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(2))!, reader.GetFieldValue<byte[]>(3))
            : null;
    }

    private static async Task ReplayAsync(HttpContext http, Stored stored, byte[] hash, bool minimal)
    {
        if (!stored.Hash.AsSpan().SequenceEqual(hash))
            throw new RequestRefused(Problems.IdempotencyMismatch, Problems.IdempotencyMismatch.Explanation);
        http.Response.StatusCode = stored.Status;
        foreach (var (name, value) in stored.Headers)
            http.Response.Headers[name] = value;
        if (minimal)
        {
            http.Response.Headers.Remove("Content-Type");
            // RFC 7240: tells the caller that the body is left out.
            http.Response.Headers["Preference-Applied"] = "return=minimal";
            return;
        }

        await http.Response.Body.WriteAsync(stored.Body, http.RequestAborted);
    }

    private sealed record Stored(byte[] Hash, int Status, Dictionary<string, string> Headers, byte[] Body);
}
