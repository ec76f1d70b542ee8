using System.Net.Http.Headers;
using IntegratedCare.Host.Auth;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IntegratedCare.System.Tests;

/// <summary>What a token is believed about: who its client is, and nothing that the register knows better.</summary>
public sealed class TokenTests(TokenTests.StrictApp app) : IClassFixture<TokenTests.StrictApp>
{
    private const string Outbox = "/v1/operations/outbox";
    private static readonly DemoClient Operator = DemoClients.Find("demo-operator")!;
    private static readonly DemoClient Trust = DemoClients.Find("demo-acute-trust")!;

    [Fact]
    public async Task An_organisation_that_the_register_does_not_know_is_refused_whatever_its_token_says_it_is()
    {
        foreach (var org in new[] { "99a", "ZZ999" })
        {
            using var stranger = Client(Trust, claims => (claims["org"], claims["org_kind"], claims["scope"]) = (org, "system-operator", "operations.read"));
            await ProblemTests.ShouldBeProblemAsync(await stranger.GetAsync(new Uri(Outbox, UriKind.Relative)), 403, "organisation-not-registered");
        }

        // Of whom it knows, it knows the kind.
        using var op = Client(Operator, _ => { });
        await op.PostAsync("/v1/population/organisations", new { code = "RZ1", name = "Trust", kind = "acute-trust" }, 201);
        using var trust = Client(Trust, claims => (claims["org_kind"], claims["scope"]) = ("system-operator", "operations.read"));
        await ProblemTests.ShouldBeProblemAsync(await trust.GetAsync(new Uri(Outbox, UriKind.Relative)), 403, "not-your-organisation");
        using var known = Client(Trust, _ => { });
        await known.GetAsync("/v1/contracts/agreements", 200);
    }

    [Fact]
    public async Task A_bootstrap_client_is_believed_until_the_register_knows_its_organisation()
    {
        using var op = Client(Operator, _ => { });
        await op.GetAsync(Outbox, 200);
    }

    [Theory]
    [InlineData("org", "")]
    [InlineData("org", " ")]
    [InlineData("client_id", "")]
    [InlineData("client_id", " ")]
    [InlineData("org_kind", "")]
    [InlineData("org_kind", "emperor")]
    [InlineData("org", "OPR01 RZ1")]
    public async Task A_token_that_does_not_say_who_its_client_is_counts_for_nothing(string claim, string value)
    {
        using var client = Client(Operator, claims => claims[claim] = value);
        await ProblemTests.ShouldBeProblemAsync(await client.GetAsync(new Uri(Outbox, UriKind.Relative)), 401, "unauthenticated");
    }

    [Fact]
    public async Task A_claim_that_is_there_twice_says_nothing()
    {
        using var client = Client(Operator, claims => claims["org"] = new[] { "OPR01", "RZ1" });
        await ProblemTests.ShouldBeProblemAsync(await client.GetAsync(new Uri(Outbox, UriKind.Relative)), 401, "unauthenticated");
    }

    [Theory]
    [InlineData("typ", "secevent+jwt", 401)]
    [InlineData("typ", "logout+jwt", 401)]
    [InlineData("typ", "at+jwt", 200)]
    [InlineData("typ", "JWT", 200)]
    [InlineData("crit", null, 401)]
    public async Task A_token_of_another_type_or_with_a_demand_that_is_not_understood_is_refused(string header, string? value, int status)
    {
        using var client = Client(Operator, _ => { }, new Dictionary<string, object> { [header] = value ?? (object)new[] { "exp" } });
        using var answer = await client.GetAsync(new Uri(Outbox, UriKind.Relative));
        ((int)answer.StatusCode).ShouldBe(status);
    }

    [Theory]
    [InlineData(-20, 200)]
    [InlineData(-90, 401)]
    public async Task A_token_is_good_for_half_a_minute_beyond_its_end_and_no_longer(int endedBefore, int status)
    {
        using var client = Client(Operator, _ => { }, ends: TimeSpan.FromSeconds(endedBefore));
        using var answer = await client.GetAsync(new Uri(Outbox, UriKind.Relative));
        ((int)answer.StatusCode).ShouldBe(status);
    }

    /// <summary>Each form that is kept takes memory, and a client can write its one token in as many as it likes.</summary>
    [Fact]
    public async Task A_token_is_kept_once_however_it_is_padded()
    {
        using var client = Client(Operator, _ => { });
        await client.GetAsync(Outbox, 200);
        var kept = app.Services.GetRequiredService<CheckedTokens>();
        var before = kept.Count;
        var token = client.DefaultRequestHeaders.Authorization!.Parameter!;
        foreach (var padding in Enumerable.Range(2, 30))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Outbox);
            request.Headers.TryAddWithoutValidation("Authorization", (padding % 2 == 0 ? "Bearer" : "bearer") + new string(' ', padding) + token);
            using var answer = await client.SendAsync(request);
            ((int)answer.StatusCode).ShouldBe(200);
        }

        kept.Count.ShouldBe(before);
    }

    private HttpClient Client(
        DemoClient of, Action<Dictionary<string, object>> change, Dictionary<string, object>? header = null, TimeSpan? ends = null)
    {
        var issuer = app.Services.GetRequiredService<DevelopmentIssuer>();
        var issued = new JsonWebToken(issuer.Issue(of, of.Scopes, at: TimeProvider.System.GetUtcNow()));
        var claims = issued.Claims.Where(c => c.Type is not ("nbf" or "exp" or "iat" or "iss" or "aud")).ToDictionary(c => c.Type, object (c) => c.Value);
        change(claims);
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var described = new SecurityTokenDescriptor
        {
            Issuer = issued.Issuer,
            Audience = issued.Audiences.Single(),
            NotBefore = now.AddHours(-2),
            Expires = now + (ends ?? TimeSpan.FromHours(1)),
            Claims = claims,
            SigningCredentials = new SigningCredentials(issuer.Key, SecurityAlgorithms.EcdsaSha256),
        };
        if (header?.Remove("typ", out var type) == true)
            described.TokenType = (string)type;
        described.AdditionalHeaderClaims = header;
        var http = new HttpClient { BaseAddress = app.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer",
            new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(described));
        return http;
    }

    /// <summary>With the operator as the only client that is believed before the register knows it.</summary>
    public sealed class StrictApp : TestApp
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings => [new("Auth:BootstrapClients", Operator.Id)];
    }
}
