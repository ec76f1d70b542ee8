using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using IntegratedCare.Host.Auth;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using IntegratedCare.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IntegratedCare.System.Tests;

public sealed partial class ProblemTests(TestApp app) : IClassFixture<TestApp>
{
    [Fact]
    public async Task Without_a_token_the_answer_is_401_and_says_how_to_come_back()
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        using var response = await http.GetAsync(new Uri("/v1/operations/outbox", UriKind.Relative));
        await ShouldBeProblemAsync(response, 401, "unauthenticated");
        response.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Bearer");
    }

    [Fact]
    public async Task Without_the_scope_the_answer_is_403()
    {
        using var http = app.ClientFor("demo-acute-trust");
        using var response = await http.GetAsync(new Uri("/v1/operations/outbox", UriKind.Relative));
        await ShouldBeProblemAsync(response, 403, "scope-missing");
    }

    [Theory]
    [InlineData("/v1/nothing-here")]
    [InlineData("/nothing-here")]
    [InlineData("/openapi/v9.json")]
    [InlineData("/problems/no-such-problem")]
    public async Task What_is_not_there_is_404(string path)
    {
        using var http = app.ClientFor("demo-operator");
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        await ShouldBeProblemAsync(response, 404, "not-found");
    }

    [Fact]
    public async Task A_method_the_path_does_not_take_is_405_with_Allow()
    {
        using var http = app.ClientFor("demo-operator");
        using var response = await http.DeleteAsync(new Uri("/v1/operations/outbox", UriKind.Relative));
        await ShouldBeProblemAsync(response, 405, "method-not-allowed");
        response.Content.Headers.Allow.ShouldContain("GET");
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_and_another_media_type_415()
    {
        var (path, client) = JsonPost();
        using var http = app.ClientFor(client, actingUser: "name=Jo Bell; role=finance director");
        using var large = new StringContent($"{{\"x\":\"{new string('x', 2 * 1024 * 1024)}\"}}", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = large, Headers = { ExpectContinue = true } };
        using var response = await http.SendAsync(request);
        await ShouldBeProblemAsync(response, 413, "body-too-large");

        using var xml = new StringContent("<x/>", Encoding.UTF8, "application/xml");
        using var other = await http.PostAsync(new Uri(path, UriKind.Relative), xml);
        await ShouldBeProblemAsync(other, 415, "unsupported-media-type");
    }

    [Fact]
    public async Task Every_problem_is_explained_where_its_type_points()
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        var all = Problems.All.Concat(app.Services.GetServices<IModule>().SelectMany(m => m.Problems)).ToList();
        all.Count.ShouldBeGreaterThan(Problems.All.Count - 1);
        foreach (var problem in all)
        {
            problem.Code.ShouldMatch("^[a-z0-9]+(-[a-z0-9]+)*$");
            var told = await http.GetAsync($"/problems/{problem.Code}", 200);
            told.GetProperty("status").GetInt32().ShouldBe(problem.Status);
            told.GetProperty("explanation").GetString().ShouldNotBeNullOrWhiteSpace();
        }
    }

    [Fact]
    public async Task A_fault_of_ours_tells_the_caller_nothing_but_where_to_ask()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var failing = builder.Build();
        failing.Urls.Add("http://127.0.0.1:0");
        failing.UseRequestIds();
        failing.UseProblemDocuments();
        failing.UseRouting();
        failing.MapGet("/fails", string () => throw new InvalidOperationException("Jo Bell 9434765919 SELECT * FROM person"));
        await failing.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(failing.Urls.First()) };
        using var response = await http.GetAsync(new Uri("/fails", UriKind.Relative));
        var text = await ShouldBeProblemAsync(response, 500, "internal-error");
        text.ShouldNotContain("Jo Bell");
        text.ShouldNotContain("9434765919");
        text.ShouldNotContain("SELECT");
    }

    [Fact]
    public async Task Request_ids_are_echoed_and_made_when_absent()
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Add("X-Request-ID", "0196e1b0-0000-7000-8000-00000000abcd");
        request.Headers.Add("X-Correlation-ID", "order-77");
        using var response = await http.SendAsync(request);
        response.Headers.GetValues("X-Request-ID").ShouldBe(["0196e1b0-0000-7000-8000-00000000abcd"]);
        response.Headers.GetValues("X-Correlation-ID").ShouldBe(["order-77"]);
        using var other = await http.GetAsync(new Uri("/health/live", UriKind.Relative));
        Guid.TryParse(other.Headers.GetValues("X-Request-ID").Single(), out _).ShouldBeTrue();
    }

    /// <summary>Some POST that takes JSON, and a demo client that may call it.</summary>
    private (string Path, string Client) JsonPost()
    {
        foreach (var endpoint in app.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>())
        {
            var access = endpoint.Metadata.GetMetadata<IntegratedCare.Shared.Access.EndpointAccess>();
            var takes = endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Http.Metadata.IAcceptsMetadata>();
            if (access is null || takes is null || endpoint.RoutePattern.Parameters.Count > 0 || takes.ContentTypes is not ["application/json"])
                continue;
            var client = DemoClients.All.FirstOrDefault(c => c.Scopes.Contains(access.Scope) && c.Purposes.Intersect(access.Purposes).Any()
                && access.Kinds?.Contains(c.Kind) != false);
            if (client is not null)
                return (endpoint.RoutePattern.RawText!, client.Id);
        }

        throw new InvalidOperationException("No POST takes JSON.");
    }

    internal static async Task<string> ShouldBeProblemAsync(HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe((HttpStatusCode)status, text);
        response.Content.Headers.ContentType.ShouldBe(new MediaTypeHeaderValue("application/problem+json"));
        var problem = JsonDocument.Parse(text).RootElement;
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("type").GetString().ShouldBe($"/problems/{code}");
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrWhiteSpace();
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrWhiteSpace();
        problem.GetProperty("traceId").GetString().ShouldNotBeNullOrWhiteSpace();
        problem.GetProperty("instance").GetString().ShouldStartWith("urn:uuid:");
        StackTrace().IsMatch(text).ShouldBeFalse(text);
        return text;
    }

    [GeneratedRegex(@"\.cs:line|   at |Exception\b|IntegratedCare\.", RegexOptions.NonBacktracking)]
    private static partial Regex StackTrace();
}
