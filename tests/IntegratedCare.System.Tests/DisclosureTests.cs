using System.Net.Http.Headers;
using IntegratedCare.Host.Auth;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.System.Tests;

/// <summary>Who gets which record: every GET of the OpenAPI document, on records that are there.</summary>
[Collection(HostileCollection.Name)]
public sealed class DisclosureTests(HostileApp app)
{
    public static TheoryData<string> Records => [.. ApiOperation.Guarded.Where(o => o is { IsGet: true, PathParameters.Count: > 0 }).Select(o => o.Id)];

    [Theory]
    [MemberData(nameof(Records))]
    public async Task A_record_is_there_for_whose_it_is_and_for_no_stranger(string operationId)
    {
        var operation = ApiOperation.Guarded.Single(o => o.Id == operationId);
        IsReal(operation).ShouldBeTrue("of what is not in CareWorld nothing can be said");
        var owner = operation.Client();
        (await StatusAsync(operation, owner, owner)).ShouldBe(200, $"{owner.Id} asking for its own");
        var stranger = new DemoClient("hostile-stranger", "ZZZ99", owner.Kind, owner.Scopes, owner.Purposes, []);
        if (operation.IsForAll)
            (await StatusAsync(operation, stranger, owner)).ShouldBe(200, "ApiOperation.IsForAll says that anybody may read this");
        else
            (await StatusAsync(operation, stranger, owner)).ShouldBeOneOf(403, 404);
    }

    /// <summary>No event is parked in a system that works.</summary>
    [Fact]
    public void Only_a_parked_event_has_no_real_record() =>
        ApiOperation.Guarded.Where(o => !IsReal(o)).Select(o => o.Id).ShouldBe(["redriveParkedEvent"]);

    private bool IsReal(ApiOperation operation) => operation.PathParameters.All(p => app.World.Id(operation, p) is not null);

    /// <summary>Commissioners and boards never see a person; organisations that have nothing to do with the seeded persons do not see these.</summary>
    [Theory]
    [InlineData("99A", OrganisationKinds.Commissioner)]
    [InlineData("QZ9", OrganisationKinds.IntegratedCareBoard)]
    [InlineData("Y98765", OrganisationKinds.GeneralPractice)]
    [InlineData("ZZZ99", OrganisationKinds.AcuteTrust)]
    public async Task Who_may_not_see_persons_gets_no_trace_of_one_from_any_GET(string organisation, string kind)
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        var client = new DemoClient($"curious-{kind}", organisation, kind, [.. Host.Modules.Scopes.Select(s => s.Name)], Purposes.All, []);
        var leaks = new List<string>();
        var answered = 0;
        foreach (var operation in ApiOperation.Guarded.Where(o => o.IsGet))
        {
            foreach (var (purpose, query, accept) in from p in operation.Purposes from q in Queries(operation) from a in operation.Answers select (p, q, a))
            {
                using var request = operation.Call(app.World, app.Token(client, [.. Host.Modules.Scopes.Select(s => s.Name)]), operation.Client(), null, query,
                    h =>
                {
                    h.Remove("X-Purpose-Of-Use");
                    h.Add("X-Purpose-Of-Use", purpose);
                    h.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
                });
                using var response = await http.SendAsync(request);
                ((int)response.StatusCode).ShouldBeLessThan(500, operation.Id);
                answered += response.IsSuccessStatusCode ? 1 : 0;
                if (app.World.Secret($"{await response.Content.ReadAsStringAsync()}\n{response.Headers}\n{response.Content.Headers}") is { } secret)
                    leaks.Add($"{operation.Id}?{query} for {purpose} shows {secret}");
            }
        }

        leaks.ShouldBeEmpty();
        answered.ShouldBeGreaterThan(25);
    }

    /// <summary>
    /// Operations about persons that do not call themselves person-level, since they answer with counts or with what the caller itself posted.
    /// </summary>
    private static readonly string[] AboutPersons = ["registerPersons", "postEvents", "readEvent", "readLoad", "listWaitingRecords"];

    /// <summary>What a commissioner is answered with 200 all the same.</summary>
    private static readonly Dictionary<string, string> Answered = new()
    {
        // A batch or lines are answered event by event: each is refused, for its source is not the commissioner's.
        ["postEvents"] = "rejected",
    };

    public static TheoryData<string> PersonOperations => [.. ApiOperation.Guarded.Where(o => o.PersonLevel || AboutPersons.Contains(o.Id)).Select(o => o.Id)];

    /// <summary>With every scope there is, for every purpose there is, in every form the answer or the body has.</summary>
    [Theory]
    [MemberData(nameof(PersonOperations))]
    public async Task A_commissioner_is_refused_rows_of_persons(string operationId)
    {
        var operation = ApiOperation.Guarded.Single(o => o.Id == operationId);
        var commissioner = new DemoClient("hostile-commissioner", "99A", OrganisationKinds.Commissioner, [.. Host.Modules.Scopes.Select(s => s.Name)],
            Purposes.All, []);
        using var http = new HttpClient { BaseAddress = app.Url };
        var (faults, asked, before) = (new List<string>(), 0, await app.RowsAsync());
        foreach (var (purpose, query, accept, media) in from p in Purposes.All.Append(null)
                                                        from q in Queries(operation)
            .Where(q => q is not null || !operation.NeedsQuery)
                                                        from a in operation.Answers
                                                        from m in operation.MediaTypes.DefaultIfEmpty("")
                                                        select (p, q, a,
            m))
        {
            var body = media.Length == 0 ? null : operation.Node["requestBody"]!["content"]![media]!["example"]!;
            using var content = body is null ? null : new StringContent(app.World.Real(media is "application/x-ndjson" or "text/csv" ? body.ToString()
                : body.ToJsonString()), new MediaTypeHeaderValue(media));
            using var request = operation.Call(app.World, app.Token(commissioner, [.. Host.Modules.Scopes.Select(s => s.Name)]), operation.Client(), content,
                query, h =>
            {
                h.Remove("X-Purpose-Of-Use");
                if (purpose is not null)
                    h.Add("X-Purpose-Of-Use", purpose);
                h.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
            });
            using var response = await http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            var (status, asking) = ((int)response.StatusCode, $"{purpose ?? "no purpose"}, {query}, {accept}, {media}");
            asked++;
            var refused = status is 403 or 404 || (status == 400 && purpose is null && text.Contains("\"purpose-required\"", StringComparison.Ordinal));
            if (!refused && !(status == 200 && Answered.TryGetValue(operationId, out var only) && text.Contains($"\"{only}\"", StringComparison.Ordinal)))
                faults.Add($"{asking}: {status} {text}");
            if (app.World.Secret($"{text}\n{response.Headers}\n{response.Content.Headers}") is { } secret)
                faults.Add($"{asking}: {status} shows {secret}");
        }

        faults.ShouldBeEmpty();
        // A load is noted, with the lines that were refused, whatever was in it.
        (await app.RowsAsync()).Except(before).Select(t => t.Key)
            .Except(operationId == "postEvents" ? ["population.mt_doc_load", "population.load_reject"] : []).ShouldBeEmpty("something was stored");
        asked.ShouldBeGreaterThanOrEqualTo(Purposes.All.Length + 1);
    }

    /// <summary>The other side of the same coin: there is something to be found, by those who may.</summary>
    [Fact]
    public async Task Those_who_care_for_a_person_find_them_in_the_same_GETs()
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        var found = new List<string>();
        foreach (var operation in ApiOperation.Guarded.Where(o => o.IsGet))
        {
            using var request = operation.Call(app.World, app.Token(operation.Client(), [.. operation.Client().Scopes]), operation.Client(), null,
                Queries(operation).Last(), null);
            using var response = await http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            if (response.IsSuccessStatusCode && app.World.Secret(text) is not null)
                found.Add(operation.Id);
        }

        foreach (var expected in new[] { "readPerson", "readPersonRisk", "listHighRiskRegister", "readHighRiskEntry", "listTierChanges", "listEpisodes",
            "readEpisode", "listClocks", "readMeetingAgenda", "listRejects" })
            found.ShouldContain(expected);
    }

    /// <summary>As it is, and as narrow as whoever knows what to look for would ask.</summary>
    private IEnumerable<string?> Queries(ApiOperation operation)
    {
        yield return null;
        var names = operation.QueryParameters.Select(p => p.Name).ToHashSet();
        if (names.Contains("person"))
            yield return $"person={app.World.Person}";
        if (names.Contains("practice"))
            yield return "practice=Y99001";
    }

    private async Task<int> StatusAsync(ApiOperation operation, DemoClient client, DemoClient owner)
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        using var request = operation.Call(app.World, app.Token(client, [.. client.Scopes]), owner, null, null, null);
        using var response = await http.SendAsync(request);
        return (int)response.StatusCode;
    }
}
