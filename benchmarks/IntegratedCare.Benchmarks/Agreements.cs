using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using IntegratedCare.Contracts.Domain;

namespace IntegratedCare.Benchmarks;

/// <summary>
/// 500 agreements in force with a risk-share each, made as their parties would: drafted, given terms and signed through the API. Five
/// kinds of terms in turn, each over its own scope.
/// </summary>
internal sealed class Agreements : IDisposable
{
    private const string Payer = "99A";

    private static readonly (string Client, string Organisation, string Kind)[] Parties =
    [
        ("demo-commissioner", Payer, "commissioner"),
        ("demo-acute-trust", "RZ1", "acute-trust"),
        ("demo-mental-health-trust", "RZ2", "mental-health-trust"),
        ("demo-community-trust", "RZ3", "community-trust"),
    ];

    private readonly Dictionary<string, HttpClient> _clients = [];
    private readonly List<Proposal> _proposals = [];

    /// <summary>What is posted for each scope, in the scopes' order; the benchmark changes from round to round.</summary>
    public IReadOnlyList<Proposal> Proposals => _proposals;

    public HttpClient Commissioner => _clients[Payer];

    public static async Task<Agreements> MakeAsync(Product product, IReadOnlyList<CostScope> scopes, CancellationToken ct)
    {
        var made = new Agreements();
        foreach (var (client, organisation, kind) in Parties)
        {
            await product.RegisterAsync(organisation, kind, ct);
            var http = await product.ClientAsync(client, connections: 8, ct);
            http.DefaultRequestHeaders.Add("X-Purpose-Of-Use", organisation == Payer ? "commissioning" : "operations");
            http.DefaultRequestHeaders.Add("X-Acting-User", $"name=Officer {organisation}; role=director of finance");
            made._clients.Add(organisation, http);
        }

        // Contracts learns of organisations by event.
        await product.WaitUntilAppliedAsync(ct);
        var ids = new Guid[scopes.Count];
        var few = new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = ct };
        await Parallel.ForEachAsync(scopes.Index(), few, async (one, _) => ids[one.Index] = await made.AgreeAsync(one.Index, one.Item, ct));
        made._proposals.AddRange(ids.Select((id, n) => new Proposal(id, n)));
        return made;
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
    }

    private async Task<Guid> AgreeAsync(int n, CostScope scope, CancellationToken ct)
    {
        var (preset, terms) = Terms(n);
        var alliance = preset == "symmetric-alliance" || n % Proposal.Kinds == 4;
        var parties = Parties.Select(p => p.Organisation).Take(alliance ? 4 : 2).ToList();
        var agreement = (await SendAsync(_clients[Payer], "/v1/contracts/agreements", new
        {
            title = $"Agreement {n + 1}",
            form = "risk-share",
            structure = alliance ? "alliance" : "bilateral",
            from = YearOfCosts.Period.First,
            to = YearOfCosts.Period.First.AddYears(3).AddDays(-1),
            system = YearOfCosts.System,
            services = new[] { "all care of the registered population" },
            parties = parties.Select(p => new
            {
                organisation = p,
                role = p == Payer ? "commissioner" : "provider",
                signatory = new { name = $"Officer {p}", role = "director of finance" },
            }),
        }, ct)).Id;
        terms["fund"] = "BENCH-POOL";
        terms["measure"] = JsonSerializer.SerializeToNode(new
        {
            source = "costs",
            areaKind = scope.AreaKind,
            area = scope.Area,
            costs = new
            {
                kinds = scope.Kinds,
                admissionMethods = scope.AdmissionMethods,
                patientClasses = scope.PatientClasses,
                excludedProviders = scope.ExcludedProviders,
                ageFrom = scope.AgeFrom,
                truncateAt = scope.TruncateAt,
            },
        });
        var proposed = new { agreementId = agreement, title = $"Risk-share {n + 1}", preset, terms };
        var riskShare = await SendAsync(_clients[Payer], "/v1/contracts/risk-shares", proposed, ct);
        var version = await VersionAsync(agreement, ct);
        foreach (var party in parties)
            version = (await SendAsync(_clients[party], $"/v1/contracts/agreements/{agreement}/signatures", null, ct, version)).Version;
        return riskShare.Id;
    }

    private static (string? Preset, JsonObject Terms) Terms(int n) => (n % Proposal.Kinds) switch
    {
        0 => ("symmetric-alliance", []),
        1 => ("corridor", Parse("""{"shares":[{"party":"RZ1","gain":1,"loss":1}]}""")),
        2 => ("mssp-enhanced", Parse("""{"currency":"GBP","moneyPlaces":2,"shares":[{"party":"RZ1","gain":1,"loss":1}]}""")),
        3 => (null, Parse(
            """
            {"form":"cost-against-benchmark","benchmark":{"kind":"given"},"marginalCostShare":0.5,
             "threshold":{"minimumSavingsRate":0.02,"minimumLossRate":0.02,"sharing":"excess-only"},
             "limits":{"cap":0.05,"floor":-0.05,"appliesTo":"party-share"},
             "shares":[{"party":"99A","gain":0.5,"loss":0.5},{"party":"RZ1","gain":0.5,"loss":0.5}]}
            """)),
        _ => (null, Parse(
            """
            {"form":"cost-against-benchmark","benchmark":{"kind":"given"},"marginalCostShare":0.4,
             "threshold":{"minimumSavingsRate":0,"minimumLossRate":0},"sharing":{"gain":0.6,"loss":{"rate":0.4}},
             "quality":{"kind":"ladder","steps":[{"from":0.5,"factor":0.5},{"from":0.8,"factor":1}]},
             "division":{"method":"by-performance","reinvestment":0.1},"limits":{"cap":0.06,"floor":-0.04,"appliesTo":"result"}}
            """)),
    };

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private async Task<string> VersionAsync(Guid agreement, CancellationToken ct)
    {
        using var response = await _clients[Payer].GetAsync($"/v1/contracts/agreements/{agreement}", ct);
        response.EnsureSuccessStatusCode();
        return response.Headers.ETag!.Tag;
    }

    private static async Task<(Guid Id, string Version)> SendAsync(HttpClient client, string path, object? body, CancellationToken ct, string? version = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body, options: Json) };
        if (version is not null)
            request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(version));
        using var response = await client.SendAsync(request, ct);
        var said = await response.Content.ReadAsStringAsync(ct);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{path} answered {(int)response.StatusCode}: {said}");
        return (JsonNode.Parse(said)!["id"]!.GetValue<Guid>(), response.Headers.ETag!.Tag);
    }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}

/// <summary>
/// The proposal of one risk-share's settlement. The benchmark lies between 0.9 and 1.1 of the spend, so that thresholds, corridors, caps
/// and floors come into play.
/// </summary>
internal sealed record Proposal(Guid RiskShare, int Index)
{
    public const int Kinds = 5;

    public string Path => $"/v1/contracts/risk-shares/{RiskShare}/settlements";

    public byte[] Body(decimal spend, int round)
    {
        var benchmark = Math.Max(1, decimal.Round(spend * (0.9m + 0.2m * ((Index * 37 + round * 13) % 101) / 100), 2));
        object inputs = (Index % Kinds) switch
        {
            2 => new
            {
                benchmark,
                qualityStandard = "met",
                quality = new[] { new { metric = "quality", score = 0.81m } },
                adjustments = new[] { new { code = "disaster", amount = 125.50m } },
            },
            4 => new
            {
                benchmark,
                quality = new[] { new { metric = "quality", score = 0.55m + Index % 40 / 100m } },
                parties = new[] { new { party = "RZ1", score = 0.7m }, new { party = "RZ2", score = 0.9m }, new { party = "RZ3", score = 0.65m } },
            },
            _ => new { benchmark },
        };
        return JsonSerializer.SerializeToUtf8Bytes(new { period = YearOfCosts.Period.Label, inputs }, JsonSerializerOptions.Web);
    }
}
