using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using IntegratedCare.Host.Auth;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>The host with a small care system in it, and with tokens no issuer of ours gives out. The day is 20 November 2026.</summary>
public sealed class HostileApp : TestApp, IAsyncLifetime
{
    internal CareWorld World { get; private set; } = null!;

    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        Clock.SetTo(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
        World = await CareWorld.BuildAsync(this);
    }


    private readonly ConcurrentDictionary<string, string> _tokens = [];

    internal string Token(DemoClient client, IReadOnlyList<string> scopes) => Kept($"{client.Id} {string.Join(' ', scopes)}", () => Issuer.Issue(client, scopes, at: TimeProvider.System.GetUtcNow()));

    internal string Expired(DemoClient client) => Kept($"{client.Id} expired", () =>
    {
        var claims = new JsonWebToken(Token(client, client.Scopes));
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = claims.Issuer,
            Audience = claims.Audiences.Single(),
            NotBefore = now.AddHours(-3),
            Expires = now.AddHours(-2),
            Claims = claims.Claims.Where(c => c.Type is not ("nbf" or "exp" or "iat" or "iss" or "aud")).ToDictionary(c => c.Type, object (c) => c.Value),
            SigningCredentials = new SigningCredentials(Issuer.Key, SecurityAlgorithms.EcdsaSha256),
        });
    });

    internal string Forged(DemoClient client) => Kept($"{client.Id} forged", () =>
    {
        var claims = new JsonWebToken(Token(client, client.Scopes));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var body = $"{claims.EncodedHeader}.{claims.EncodedPayload}";
        return $"{body}.{Base64UrlEncoder.Encode(key.SignData(Encoding.ASCII.GetBytes(body), HashAlgorithmName.SHA256))}";
    });

    internal string Unsigned(DemoClient client) => Kept($"{client.Id} unsigned", () =>
        $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{new JsonWebToken(Token(client, client.Scopes)).EncodedPayload}.");

    /// <summary>The rows of every module's tables, but for audit, idempotency keys, and the day to which a worker has counted.</summary>
    internal async Task<Dictionary<string, long>> CountsAsync()
    {
        var source = Services.GetRequiredService<NpgsqlDataSource>();
        var tables = new List<string>();
        await using (var command = source.CreateCommand(
            """
            SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
            WHERE schemaname = ANY($1) AND tablename NOT IN ('audit', 'idempotency', '__migrations', 'counted_to') ORDER BY 1
            """))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = ModuleOnDisk.All.Select(m => m.Schema).ToArray() });
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                tables.Add(reader.GetString(0));
        }

        tables.ShouldNotBeEmpty();
        var counts = new Dictionary<string, long>();
        await using var count = source.CreateCommand(string.Join(" UNION ALL ", tables.Select(t => $"SELECT '{t}', count(*) FROM {t}")));
        await using var rows = await count.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            counts[rows.GetString(0)] = rows.GetInt64(1);
        return counts;
    }

    private DevelopmentIssuer Issuer => Services.GetRequiredService<DevelopmentIssuer>();

    private string Kept(string name, Func<string> make) => _tokens.GetOrAdd(name, _ => make());
}

[CollectionDefinition(Name)]
public sealed class HostileCollection : ICollectionFixture<HostileApp>
{
    public const string Name = "A small care system that must stay as it is";
}
