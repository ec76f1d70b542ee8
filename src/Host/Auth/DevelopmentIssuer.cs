using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace IntegratedCare.Host.Auth;

/// <summary>A small OAuth 2.0 client-credentials issuer for Development (RFC 6749, sections 4.4 and 5.2). Production uses an OIDC authority.</summary>
internal sealed class DevelopmentIssuer(NpgsqlDataSource source, TimeProvider clock)
{
    public const string Issuer = "urn:integrated-care:development-issuer";
    public const string Audience = "integrated-care";
    private const string Path = "/connect/token";
    private const string FormType = "application/x-www-form-urlencoded";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    // PublicationOnly: a failure is not cached, so that the key is loaded once the database is back.
    private readonly Lazy<ECDsaSecurityKey> _key = new(() => LoadKey(source), LazyThreadSafetyMode.PublicationOnly);

    public SecurityKey Key => _key.Value;

    public static void Map(WebApplication app)
    {
        app.MapPost(Path, Token)
            .Accepts<TokenForm>(FormType)
            .Produces<TokenAnswer>()
            .Produces<TokenError>(400)
            .Produces<TokenError>(401)
            .DisableAntiforgery()
            .WithName("token").WithTags("Platform");
        // Bodies other than forms come here instead of routing's 415: an OAuth client expects the errors of RFC 6749.
        app.MapPost(Path, (HttpContext http) =>
        {
            ForbidCaching(http);
            return NoForm();
        }).ExcludeFromDescription();
    }

    public string Issue(DemoClient client, IEnumerable<string> scopes, TimeSpan? lifetime = null, DateTimeOffset? at = null)
    {
        var now = at ?? clock.GetUtcNow();
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + (lifetime ?? Lifetime)).UtcDateTime,
            Claims = new Dictionary<string, object>
            {
                ["client_id"] = client.Id,
                ["org"] = client.Organisation,
                ["org_kind"] = client.Kind,
                ["scope"] = string.Join(' ', scopes),
                ["purpose"] = string.Join(' ', client.Purposes),
                ["event_sources"] = string.Join(' ', client.EventSources),
            },
            SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    /// <summary>Issues a token to a demo client (Development only; in Production the OIDC authority does).</summary>
    private static async Task<IResult> Token(HttpContext http, DevelopmentIssuer issuer, CancellationToken ct)
    {
        ForbidCaching(http);
        if (!http.Request.HasFormContentType || BodyEncoding.IsEncoded(http.Request))
            return NoForm();
        IFormCollection form;
        try
        {
            form = await http.Request.ReadFormAsync(ct);
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException or NotSupportedException)
        {
            return Error(400, "invalid_request", "The form is too large, or cannot be read.");
        }

        if (form.FirstOrDefault(p => p.Value.Count > 1).Key is not null)
            return Error(400, "invalid_request", "A parameter may be sent once only.");
        var basic = http.Request.Headers.Authorization.ToString().StartsWith("Basic ", StringComparison.OrdinalIgnoreCase);
        if (basic && (form.ContainsKey("client_secret") || http.Request.Headers.Authorization.Count > 1))
            return Error(400, "invalid_request", "Send the client's credentials once: in the header, or in the form.");
        var (id, secret) = Credentials(http, form);
        if (form["grant_type"].ToString() is not { Length: > 0 } grant)
            return Error(400, "invalid_request", "grant_type is missing.");
        if (grant != "client_credentials")
            return Error(400, "unsupported_grant_type", "Only client_credentials is served.");
        var client = DemoClients.Find(id);
        if (client is null || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(client.Secret), Encoding.UTF8.GetBytes(secret)))
        {
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"integrated-care\"";
            return Error(401, "invalid_client", "No such client, or a wrong secret. The README lists the demo clients.");
        }

        var asked = form["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (asked.Any(s => !client.Scopes.Contains(s)))
            return Error(400, "invalid_scope", $"This client may ask for: {string.Join(' ', client.Scopes)}");
        var scopes = asked.Length > 0 ? asked : [.. client.Scopes];
        return TypedResults.Json(new TokenAnswer(issuer.Issue(client, scopes), "Bearer", (int)Lifetime.TotalSeconds, string.Join(' ', scopes)));
    }

    private static void ForbidCaching(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.Pragma = "no-cache";
    }

    private static IResult NoForm() => Error(400, "invalid_request", $"Send grant_type, client_id and client_secret as {FormType}.");

    private static IResult Error(int status, string error, string description) =>
        TypedResults.Json(new TokenError(error, description), statusCode: status);

    private static (string Id, string Secret) Credentials(HttpContext http, IFormCollection form)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                var pair = Encoding.UTF8.GetString(Convert.FromBase64String(header[6..].Trim())).Split(':', 2);
                if (pair.Length == 2)
                    return (Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1]));
            }
            catch (FormatException)
            {
                return ("", "");
            }
        }

        return (form["client_id"].ToString(), form["client_secret"].ToString());
    }

    /// <summary>One key per database, so that tokens survive a restart and hold on every host.</summary>
    private static ECDsaSecurityKey LoadKey(NpgsqlDataSource source)
    {
        using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var connection = source.OpenConnection();
        using var known = connection.Command("SELECT to_regclass('host.development_key') IS NOT NULL");
        if (known.ExecuteScalar() is true && ReadKey(connection) is { } kept)
            return kept;

        using var command = connection.Command(
            """
            SELECT pg_advisory_lock(hashtext('integrated-care-development-key'));
            CREATE SCHEMA IF NOT EXISTS host;
            CREATE TABLE IF NOT EXISTS host.development_key (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), pkcs8 bytea NOT NULL);
            """);
        command.ExecuteNonQuery();
        using var insert = connection.Command("INSERT INTO host.development_key (pkcs8) VALUES ($1) ON CONFLICT DO NOTHING", fresh.ExportPkcs8PrivateKey());
        insert.ExecuteNonQuery();
        using var unlock = connection.Command("SELECT pg_advisory_unlock(hashtext('integrated-care-development-key'))");
        unlock.ExecuteNonQuery();
        return ReadKey(connection)!;
    }

    private static ECDsaSecurityKey? ReadKey(NpgsqlConnection connection)
    {
        using var read = connection.Command("SELECT pkcs8 FROM host.development_key");
        if (read.ExecuteScalar() is not byte[] pkcs8)
            return null;
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return new ECDsaSecurityKey(key) { KeyId = "development" };
    }

    internal sealed record TokenForm(
        [property: JsonPropertyName("grant_type")] string GrantType,
        [property: JsonPropertyName("client_id")] string? ClientId,
        [property: JsonPropertyName("client_secret")] string? ClientSecret,
        [property: JsonPropertyName("scope")] string? Scope);

    internal sealed record TokenAnswer(
        [property: JsonPropertyName("access_token")] string AccessToken,
        [property: JsonPropertyName("token_type")] string TokenType,
        [property: JsonPropertyName("expires_in")] int ExpiresIn,
        [property: JsonPropertyName("scope")] string Scope);

    internal sealed record TokenError(
        [property: JsonPropertyName("error")] string Error,
        [property: JsonPropertyName("error_description")] string ErrorDescription);
}
