using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <summary>What anybody may call without a token: which operations these are, and that they take nothing that is wrong.</summary>
[Collection(HostileCollection.Name)]
public sealed class OpenInputTests(HostileApp app)
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Token = "/connect/token";
    private const string Good = "grant_type=client_credentials&client_id=demo-practice&client_secret=demo-practice-secret";

    /// <summary>RFC 6749, section 5.2.</summary>
    private static readonly string[] Errors = ["invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope"];

    [Fact]
    public void Only_these_need_no_token()
    {
        ApiOperation.Open.Select(o => o.Id).ShouldBe(["token", "live", "ready", "explainProblem"], ignoreOrder: true,
            "whatever else needs no token must be attacked here");
        (ApiOperation.Open.Count + ApiOperation.Guarded.Count).ShouldBe(ApiOperation.All(ApiOperation.Exported.Value).Count());
    }

    /// <summary>What the document leaves out would be attacked nowhere.</summary>
    [Fact]
    public void Nothing_is_served_that_is_not_in_the_document()
    {
        static string Shape(string path) => string.Join('/', path.Split('/').Select(p => p.StartsWith('{') ? "{}" : p)).Trim('/');
        var known = ApiOperation.All(ApiOperation.Exported.Value).Select(o => $"{o.Method} {Shape(o.Path)}").ToHashSet();
        var beside = from endpoint in app.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
                     from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"]
                     let served = $"{method} {Shape(endpoint.RoutePattern.RawText!)}"
                     where !known.Contains(served)
                     select served;
        // The start page, the document itself, and the framework's list of endpoints, which is answered by 404 before it is reached.
        beside.Distinct().ShouldBe(["GET ", "GET openapi/{}", "GET _test_url_cache_"]);
    }

    public static TheoryData<string, string?, string, string, int, string> Tokens() => new()
    {
        { "no body", null, Form, "", 400, "invalid_request" },
        { "nothing that is a form", null, Form, "\0\u0001 garbage {", 400, "invalid_request" },
        { "no grant", null, Form, "client_id=demo-practice&client_secret=demo-practice-secret", 400, "invalid_request" },
        { "an empty grant", null, Form, Good.Replace("client_credentials", ""), 400, "invalid_request" },
        { "broken escapes", null, Form, "grant_type=%ZZ&client_id=%&client_secret=%C3%28", 400, "unsupported_grant_type" },
        { "another grant", null, Form, Good.Replace("client_credentials", "password"), 400, "unsupported_grant_type" },
        { "a grant with U+0000", null, Form, Good.Replace("client_credentials", "client_credentials%00"), 400, "invalid_request" },
        { "a grant in capitals", null, Form, Good.Replace("client_credentials", "CLIENT_CREDENTIALS"), 400, "unsupported_grant_type" },
        { "an unknown client", null, Form, Good.Replace("client_id=demo-practice", "client_id=nobody"), 401, "invalid_client" },
        { "a client with U+0000", null, Form, Good.Replace("client_id=demo-practice", "client_id=demo-practice%00"), 400, "invalid_request" },
        { "no client", null, Form, "grant_type=client_credentials", 401, "invalid_client" },
        { "a wrong secret", null, Form, Good + "x", 401, "invalid_client" },
        { "no secret", null, Form, "grant_type=client_credentials&client_id=demo-practice", 401, "invalid_client" },
        { "a secret with U+0000", null, Form, Good + "%00", 400, "invalid_request" },
        { "another's secret", null, Form, Good.Replace("demo-practice-secret", "demo-operator-secret"), 401, "invalid_client" },
        { "a scope that is none", null, Form, Good + "&scope=everything", 400, "invalid_scope" },
        { "a scope of somebody else", null, Form, Good + "&scope=operations.write", 400, "invalid_scope" },
        { "a scope with U+0000", null, Form, Good + "&scope=population.read%00", 400, "invalid_request" },
        { "the grant twice", null, Form, Good + "&grant_type=client_credentials", 400, "invalid_request" },
        { "the client twice", null, Form, Good + "&client_id=demo-operator", 400, "invalid_request" },
        { "the secret twice", null, Form, Good + "&client_secret=demo-practice-secret", 400, "invalid_request" },
        { "the scope twice", null, Form, Good + "&scope=population.read&scope=metrics.read", 400, "invalid_request" },
        { "a name in capitals twice", null, Form, Good + "&CLIENT_ID=demo-operator", 400, "invalid_request" },
        { "2,000 parameters", null, Form, Good + string.Concat(Enumerable.Range(0, 2000).Select(n => $"&p{n}=1")), 400, "invalid_request" },
        { "a name of 10 kB", null, Form, $"{Good}&{new string('n', 10_000)}=1", 400, "invalid_request" },
        { "2 MB", null, Form, $"{Good}&x={new string('x', 2 * 1024 * 1024)}", 400, "invalid_request" },
        { "JSON", null, "application/json",
            """{"grant_type":"client_credentials","client_id":"demo-practice","client_secret":"demo-practice-secret"}""", 400, "invalid_request" },
        { "a form called text", null, "text/plain", Good, 400, "invalid_request" },
        { "a charset in which nothing is read", null, $"{Form}; charset=utf-7", Good, 400, "invalid_request" },
        { "a charset that is none", null, $"{Form}; charset=nonsense", Good, 400, "invalid_request" },
        { "XML", null, "application/xml", "<x/>", 400, "invalid_request" },
        { "a multipart form without its boundary", null, "multipart/form-data", Good, 400, "invalid_request" },
        { "a multipart form that is none", null, "multipart/form-data; boundary=b", Good, 400, "invalid_request" },
        { "2 MB of JSON", null, "application/json", $"\"{new string('x', 2 * 1024 * 1024)}\"", 400, "invalid_request" },
        { "a header that is no base 64", "Basic !!!", Form, "grant_type=client_credentials", 401, "invalid_client" },
        { "an empty header", "Basic ", Form, "grant_type=client_credentials", 401, "invalid_client" },
        { "a header without colon", "Basic ZGVtby1wcmFjdGljZQ==", Form, "grant_type=client_credentials", 401, "invalid_client" },
        { "a header that is no text", "Basic //79/A==", Form, "grant_type=client_credentials", 401, "invalid_client" },
        { "a header with U+0000", $"Basic {Convert.ToBase64String("demo-practice\0:demo-practice-secret"u8)}", Form, "grant_type=client_credentials", 401,
            "invalid_client" },
        { "a header with a wrong secret", $"Basic {Convert.ToBase64String("demo-practice:wrong"u8)}", Form, "grant_type=client_credentials", 401,
            "invalid_client" },
        { "a broken header beside a good form", "Basic !!!", Form, Good, 400, "invalid_request" },
        { "a good header beside a good form", $"Basic {Convert.ToBase64String("demo-practice:demo-practice-secret"u8)}", Form, Good, 400, "invalid_request" },
        { "a bearer token that is none", "Bearer nonsense", Form, "grant_type=client_credentials", 401, "invalid_client" },
    };

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task The_token_endpoint_answers_what_is_wrong_with_an_error_of_RFC_6749(string name, string? authorization, string media, string body,
        int status, string error)
    {
        name.ShouldNotBeEmpty();
        var before = await app.RowsAsync();
        using var http = new HttpClient { BaseAddress = app.Url };
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", media);
        using var request = new HttpRequestMessage(HttpMethod.Post, Token) { Content = content, Headers = { ExpectContinue = body.Length > 1_000_000 } };
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await http.SendAsync(request);
        await ShouldBeTokenErrorAsync(response, status, error);
        (await app.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task The_token_endpoint_goes_on_after_bodies_that_break_off_and_gives_a_token_to_who_is_right()
    {
        foreach (var framing in new[] { $"Content-Length: 1000\r\n\r\n{Good}", $"Transfer-Encoding: chunked\r\n\r\n{Good.Length:x}\r\n{Good}\r\n",
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n", $"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{Good}\r\n", "Content-Length: -1\r\n\r\n" })
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(app.Url.Host, app.Url.Port);
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {Token} HTTP/1.1\r\nHost: {app.Url.Authority}\r\nContent-Type: {Form}\r\n{framing}"));
            socket.Client.Shutdown(SocketShutdown.Send);
            var answer = "";
            try
            {
                using var reader = new StreamReader(stream);
                answer = await reader.ReadToEndAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
            }
            catch (IOException)
            {
                // Reset: no answer at all, and so no token.
            }

            answer.ShouldNotContain("access_token");
            answer.ShouldNotStartWith("HTTP/1.1 5");
        }

        using var http = new HttpClient { BaseAddress = app.Url };
        foreach (var basic in new[] { false, true })
        {
            using var content = new StringContent(basic ? "grant_type=client_credentials" : Good, new MediaTypeHeaderValue(Form));
            using var request = new HttpRequestMessage(HttpMethod.Post, Token) { Content = content };
            if (basic)
                request.Headers.Authorization = new("Basic", Convert.ToBase64String("demo-practice:demo-practice-secret"u8));
            using var response = await http.SendAsync(request);
            ((int)response.StatusCode).ShouldBe(200);
            response.Headers.CacheControl!.NoStore.ShouldBeTrue();
            JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("token_type").GetString().ShouldBe("Bearer");
        }
    }

    private static async Task ShouldBeTokenErrorAsync(HttpResponseMessage response, int status, string error)
    {
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, text);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Headers.WwwAuthenticate.Select(w => w.Scheme).ShouldBe(status == 401 ? ["Basic"] : []);
        var answer = JsonDocument.Parse(text).RootElement;
        answer.GetProperty("error").GetString().ShouldBe(error);
        Errors.ShouldContain(error);
        // RFC 6749, appendix A.8: visible ASCII without quote and backslash.
        answer.GetProperty("error_description").GetString()!.ShouldAllBe(c => c >= ' ' && c <= '~' && c != '"' && c != '\\');
        answer.EnumerateObject().Count().ShouldBe(2);
    }

    [Theory]
    [InlineData("no-such-problem")]
    [InlineData("NOT-FOUND")]
    [InlineData("not-found%0a")]
    [InlineData("not-found%20")]
    [InlineData("%01")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("'%20OR%201=1--")]
    [InlineData("%F0%9F%92%A9")]
    [InlineData("%FF%FE")]
    [InlineData("{code}")]
    [InlineData("a/b")]
    [InlineData("")]
    public async Task A_problem_that_there_is_not_is_404(string code)
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        using var response = await http.GetAsync(new Uri($"/problems/{code}", UriKind.Relative));
        await ProblemTests.ShouldBeProblemAsync(response, 404, "not-found");
        using var longer = await http.GetAsync(new Uri($"/problems/{new string('x', 4000)}", UriKind.Relative));
        await ProblemTests.ShouldBeProblemAsync(longer, 404, "not-found");
    }

    public static TheoryData<string, string> OtherMethods()
    {
        var data = new TheoryData<string, string>();
        foreach (var path in ApiOperation.Open.Select(o => o.Path.Replace("{code}", "not-found")))
        {
            foreach (var method in new[] { "POST", "GET", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND", "NONSENSE" })
            {
                if (ApiOperation.Open.All(o => (o.Path.Replace("{code}", "not-found"), o.Method) != (path, method)))
                    data.Add(path, method);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(OtherMethods))]
    public async Task A_method_that_is_not_taken_is_405(string path, string method)
    {
        var before = await app.RowsAsync();
        using var http = new HttpClient { BaseAddress = app.Url };
        using var content = method is "GET" or "TRACE" ? null : new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        using var response = await http.SendAsync(request);
        await ProblemTests.ShouldBeProblemAsync(response, 405, "method-not-allowed");
        response.Content.Headers.Allow.ShouldNotBeEmpty();
        (await app.RowsAsync()).ShouldBe(before);
    }

    /// <summary>A body there has no meaning; it is not read, and the answer is as without it.</summary>
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/problems/not-found")]
    public async Task A_body_where_none_belongs_changes_nothing(string path)
    {
        var before = await app.RowsAsync();
        using var http = new HttpClient { BaseAddress = app.Url };
        foreach (var body in new[] { "{\"a\": ", "\0", new string('x', 500_000) })
        {
            using var content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{path}?code=%00&limit=-1") { Content = content };
            using var response = await http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            ((int)response.StatusCode).ShouldBe(200, text);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
            text.ShouldNotContain("xxx");
        }

        (await app.RowsAsync()).ShouldBe(before);
    }
}
