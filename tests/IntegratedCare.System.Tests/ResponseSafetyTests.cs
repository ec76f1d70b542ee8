using System.Net;
using System.Text.RegularExpressions;
using IntegratedCare.Testing;

namespace IntegratedCare.System.Tests;

/// <summary>What a browser or a cache may do with an answer.</summary>
public sealed class ResponseSafetyTests(ResponseSafetyTests.ProxiedApp app) : IClassFixture<ResponseSafetyTests.ProxiedApp>
{
    [Theory]
    [InlineData("/health/ready", null)]
    [InlineData("/docs/index.html", null)]
    [InlineData("/", null)]
    [InlineData("/v1/population/organisations", "private, no-cache")]
    [InlineData("/v1/population/rejected-lines", "no-store")]
    [InlineData("/v1/population/persons/0198c5a0-0000-7000-8000-000000000001", "no-store")]
    [InlineData("/v1/nothing", null)]
    public async Task Every_answer_says_what_a_browser_and_a_cache_may_do_with_it(string path, string? caching)
    {
        using var client = app.ClientFor("demo-acute-trust", "direct-care");
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldStartWith("default-src 'none'; ");
        if (path.StartsWith("/v1", StringComparison.Ordinal) && caching is not null)
            string.Join(", ", answer.Headers.CacheControl!.ToString().Split(", ").OrderDescending()).ShouldBe(caching);
    }

    [Fact]
    public async Task A_browser_finds_a_page_at_the_hosts_address()
    {
        using var client = new HttpClient { BaseAddress = app.Url };
        using var answer = await client.GetAsync(new Uri("/", UriKind.Relative));
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        var page = await answer.Content.ReadAsStringAsync();
        page.ShouldContain($"{app.Url.Scheme}://{app.Url.Authority}/connect/token");
        foreach (Match link in Regex.Matches(page, "href=\"(?<to>[^\"]+)\"", default, TimeSpan.FromSeconds(1)))
            (await client.GetAsync(new Uri(link.Groups["to"].Value, UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("https", "care.example", true)]
    [InlineData("http", "care.example", false)]
    [InlineData("https", "localhost", false)]
    public async Task A_named_proxy_is_believed_about_TLS_which_browsers_are_then_held_to(string scheme, string host, bool held)
    {
        using var client = new HttpClient { BaseAddress = app.Url };
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", scheme);
        client.DefaultRequestHeaders.Host = host;
        using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative));
        answer.Headers.Contains("Strict-Transport-Security").ShouldBe(held);
    }

    [Fact]
    public async Task Nobody_else_is_believed()
    {
        await using var other = new TestApp();
        await other.InitializeAsync();
        using var client = new HttpClient { BaseAddress = other.Url };
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Host = "care.example";
        using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative));
        answer.Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
    }

    public sealed class ProxiedApp : TestApp
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings => [new("Proxies", "127.0.0.1 10.0.0.0/8")];
    }
}
