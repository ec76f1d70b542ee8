using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using IntegratedCare.Host.Auth;
using IntegratedCare.Shared.Access;
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

    /// <summary>Strangers are of the kind that their tokens say: what is tested is what they see, and not that nobody has registered them.</summary>
    protected override IEnumerable<KeyValuePair<string, string?>> Settings => [new("Auth:BootstrapClients",
        string.Join(' ', ["hostile-stranger", .. OrganisationKinds.All.Select(k => $"curious-{k}"), .. DemoClients.All.Select(c => c.Id)]))];

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        Clock.SetTo(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
        World = await CareWorld.BuildAsync(this);
        // Events that nobody hears get their position a moment later too, and no test may take that for a change of its own.
        var pending = string.Join(" + ", ModuleOnDisk.All.Select(m => $"(SELECT count(*) FROM {m.Schema}.outbox_pending)"));
        while (await ScalarAsync<long>($"SELECT {pending}") > 0)
            await Task.Delay(20);
    }

    private List<string>? _tables;
    private readonly ConcurrentDictionary<string, string> _tokens = [];

    internal string Token(DemoClient client, IReadOnlyList<string> scopes) =>
        Kept($"{client.Id} {string.Join(' ', scopes)}", () => Issuer.Issue(client, scopes, at: TimeProvider.System.GetUtcNow()));

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

    /// <summary>What may change although nothing was stored, table by table with the reason; whatever else changes is a fault.</summary>
    private static readonly Dictionary<string, string> ChangesByItself = new()
    {
        ["audit"] = "a read of persons that was rightly answered leaves its record",
        ["counted_to"] = "the day to which a worker has counted",
        ["subscription"] = "the leases that a host renews",
    };

    /// <summary>Of every table of every schema the rows, in number and content: a hash of each row, added up, so that their order does not matter.</summary>
    internal async Task<SortedDictionary<string, string>> RowsAsync()
    {
        var source = Services.GetRequiredService<NpgsqlDataSource>();
        _tables ??= await TablesAsync(source);
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var hash = source.CreateCommand(string.Join(" UNION ALL ",
            _tables.Select(t => $"SELECT '{t}', count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {t} AS t")));
        await using var reader = await hash.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows[reader.GetString(0)] = reader.GetString(1);
        return rows;
    }

    private static async Task<List<string>> TablesAsync(NpgsqlDataSource source)
    {
        var tables = new List<string>();
        await using var command = source.CreateCommand(
            """
            SELECT format('%I.%I', schemaname, tablename), schemaname FROM pg_tables
            WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> ALL($1) ORDER BY 1
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = ChangesByItself.Keys.ToArray() });
        await using var reader = await command.ExecuteReaderAsync();
        var schemas = new HashSet<string>();
        while (await reader.ReadAsync())
        {
            tables.Add(reader.GetString(0));
            schemas.Add(reader.GetString(1));
        }

        ModuleOnDisk.All.Select(m => m.Schema).Except(schemas).ShouldBeEmpty("a module without tables");
        return tables;
    }

    private DevelopmentIssuer Issuer => Services.GetRequiredService<DevelopmentIssuer>();

    private string Kept(string name, Func<string> make) => _tokens.GetOrAdd(name, _ => make());
}

[CollectionDefinition(Name)]
public sealed class HostileCollection : ICollectionFixture<HostileApp>
{
    public const string Name = "A small care system that must stay as it is";
}
