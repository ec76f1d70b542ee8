using System.Net.Http.Headers;
using System.Text.Json;
using IntegratedCare.Commissioning;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <summary>What the endpoint framework leaves open by default stays closed.</summary>
public sealed class EndpointHoleTests(EndpointHoleTests.App app) : IClassFixture<EndpointHoleTests.App>
{
    private static readonly Guid Id = Guid.Parse("01a21a6a-1bd9-728d-aa2b-1bcb9eb0cbc6");

    [Fact]
    public async Task A_request_without_rules_stops_the_start()
    {
        var open = new Open();
        var error = await Should.ThrowAsync<InvalidOperationException>(() => open.InitializeAsync().AsTask());
        error.Message.ShouldContain("Unruled");
    }

    [Theory]
    [InlineData("""{"name":"a"}""", "/count")]
    [InlineData("""{"name":"a","count":null}""", "/count")]
    [InlineData("""{"count":1,"inner":{"text":"x"}}""", "/name")]
    [InlineData("""{"name":"a","count":1,"inner":{}}""", "/inner/text")]
    public async Task A_member_that_is_left_out_is_a_fault_and_not_nought(string body, string pointer)
    {
        var problem = await Client.PostAsync($"/v1/echo/{Id}", body, 400);
        problem.GetProperty("errors").EnumerateArray().ShouldContain(e => e.GetProperty("pointer").GetString() == pointer);
    }

    [Fact]
    public async Task Neither_query_nor_headers_nor_route_set_a_member_of_the_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/echo/{Id}?name=query&count=7&note=query")
        {
            Content = new StringContent("""{"name":"body","count":1}""", new MediaTypeHeaderValue("application/json")),
            Headers = { { "note", "header" } },
        };
        using var response = await Client.SendAsync(request);
        var echo = await response.JsonAsync(200);
        echo.GetProperty("name").GetString().ShouldBe("body");
        echo.GetProperty("count").GetInt32().ShouldBe(1);
        echo.GetProperty("note").ValueKind.ShouldBe(JsonValueKind.Null);
        echo.GetProperty("id").GetGuid().ShouldBe(Id);
    }

    [Theory]
    [InlineData("""{"name":"a","count":1,"id":"00000000-0000-0000-0000-000000000000"}""")]
    [InlineData("""{"name":"a","count":1,"xActingUser":"name=Eve"}""")]
    public async Task A_body_sets_nothing_that_comes_from_route_or_headers(string body) => await Client.PostAsync($"/v1/echo/{Id}", body, 400);

    [Fact]
    public async Task A_body_sets_no_parameter_of_a_read()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/echo")
        {
            Content = new StringContent("""{"name":"body"}""", new MediaTypeHeaderValue("application/json")),
        };
        using var response = await Client.SendAsync(request);
        (await response.JsonAsync(200)).GetProperty("name").ValueKind.ShouldBe(JsonValueKind.Null);
        (await Client.GetAsync("/v1/echo?name=a", 200)).GetProperty("name").GetString().ShouldBe("a");
        (await Client.GetAsync("/v1/echo?day=soon", 400)).GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/day");
    }

    [Theory]
    [InlineData("/_test_url_cache_")]
    [InlineData("/_TEST_URL_CACHE_/")]
    public async Task Nobody_is_told_the_list_of_endpoints(string path)
    {
        using var anybody = new HttpClient { BaseAddress = app.Url };
        await anybody.GetAsync(path, 404);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Only_JSON_is_bound(string mediaType) => await Client.PostAsync($"/v1/echo/{Id}", """{"name":"a","count":1}""", 415, mediaType: mediaType);

    private HttpClient Client => app.ClientFor("demo-commissioner", "commissioning");

    public sealed class App : TestApp
    {
        protected override void Configure(IServiceCollection services) =>
            services.AddSingleton(new EndpointTypes(new CommissioningModule()).Add<Echo>().Add<EchoQuery>());
    }

    private sealed class Open : TestApp
    {
        protected override void Configure(IServiceCollection services) => services.AddSingleton(new EndpointTypes(new CommissioningModule()).Add<Unruled>());
    }

    internal sealed class Echo : CareEndpoint<Echo.Request, Ok<Echo.Answer>>
    {
        internal sealed record Request(string Name, int Count, Inner? Inner, string? Note);

        internal sealed record Inner(string Text);

        internal sealed class Rules : RequestRules<Request>;

        internal sealed record Answer(Guid Id, string Name, int Count, string? Note);

        public override void Configure()
        {
            Post("/v1/echo/{id:guid}");
            Access("commissioning.write", [Purposes.Commissioning]);
        }

        public override Task<Ok<Answer>> ExecuteAsync(Request request, CancellationToken ct) =>
            Task.FromResult(TypedResults.Ok(new Answer(Id, request.Name, request.Count, request.Note)));
    }

    internal sealed class EchoQuery : CareEndpoint<EchoQuery.Request, Ok<EchoQuery.Request>>
    {
        internal sealed record Request(string? Name, DateOnly? Day);

        internal sealed class Rules : RequestRules<Request>;

        public override void Configure()
        {
            Get("/v1/echo");
            Access("commissioning.read", [Purposes.Commissioning]);
        }

        public override Task<Ok<Request>> ExecuteAsync(Request request, CancellationToken ct) => Task.FromResult(TypedResults.Ok(request));
    }

    internal sealed class Unruled : CareEndpoint<Unruled.Request, Ok>
    {
        internal sealed record Request(string Name);

        public override void Configure()
        {
            Post("/v1/unruled");
            Access("commissioning.write", [Purposes.Commissioning]);
        }

        public override Task<Ok> ExecuteAsync(Request request, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
    }
}
