using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace IntegratedCare.Demo;

/// <summary>The public API as a caller sees it: a token per demo client, JSON in, JSON out. A problem ends the demo with its detail.</summary>
internal sealed class DemoApi(Uri url, IReadOnlyDictionary<string, string> secrets) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly HttpClient _http = new() { BaseAddress = url, Timeout = TimeSpan.FromMinutes(30) };
    private readonly Dictionary<string, (string Token, DateTime Until)> _tokens = [];
    private readonly SemaphoreSlim _signIn = new(1);

    public async Task<JsonNode> GetAsync(string client, string path, string? purpose = null)
    {
        using var request = await RequestAsync(HttpMethod.Get, client, path, purpose, null);
        request.Headers.Accept.ParseAdd("application/json");
        return (await SendAsync(request)).Body!;
    }

    /// <summary>The items of the first page of a list.</summary>
    public async Task<JsonArray> ListAsync(string client, string path, string? purpose = null) =>
        (await GetAsync(client, path, purpose))["items"]!.AsArray();

    /// <summary>Posts JSON; answers with the body and the new ETag.</summary>
    public async Task<(JsonNode? Body, string? ETag, HttpStatusCode Status)> PostAsync(
        string client, string path, object? body, string? purpose = null, string? user = null, string? ifMatch = null, HttpStatusCode? accept = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = await RequestAsync(HttpMethod.Post, client, path, purpose, user);
            request.Content = new StringContent(body is null ? "" : JsonSerializer.Serialize(body, Json), Encoding.UTF8, "application/json");
            // Clocks and admissions also change an episode: whoever comes second asks again.
            if (ifMatch is not null)
                request.Headers.TryAddWithoutValidation("If-Match", attempt == 1 ? ifMatch : "*");
            var answer = await SendAsync(request, accept, attempt < 5 ? [HttpStatusCode.PreconditionFailed, HttpStatusCode.ServiceUnavailable] : []);
            if (answer.Status is not (HttpStatusCode.PreconditionFailed or HttpStatusCode.ServiceUnavailable))
                return answer;
            await Task.Delay(100 * attempt);
        }
    }

    /// <summary>Streams lines as NDJSON, showing how many are on their way.</summary>
    public async Task<JsonNode> PostLinesAsync(string client, string path, IEnumerable<object> lines, string purpose, Action<int> sent)
    {
        using var request = await RequestAsync(HttpMethod.Post, client, path, purpose, null);
        request.Content = new LinesContent(lines, sent);
        return (await SendAsync(request)).Body!;
    }

    public void Dispose()
    {
        _http.Dispose();
        _signIn.Dispose();
    }

    private async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string client, string path, string? purpose, string? user)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(client));
        if (purpose is not null)
            request.Headers.Add("X-Purpose-Of-Use", purpose);
        if (user is not null)
            request.Headers.Add("X-Acting-User", user);
        return request;
    }

    private async Task<string> TokenAsync(string client)
    {
        await _signIn.WaitAsync();
        try
        {
            if (_tokens.TryGetValue(client, out var held) && held.Until > TimeProvider.System.GetUtcNow().UtcDateTime)
                return held.Token;
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = client,
                ["client_secret"] = secrets[client],
            });
            using var response = await _http.PostAsync("/connect/token", form);
            if (response.StatusCode == HttpStatusCode.NotFound)
                throw new DemoFailed("The host that answers has no demo clients: run it with ASPNETCORE_ENVIRONMENT=Development.");
            var token = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["access_token"]!.GetValue<string>();
            _tokens[client] = (token, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(50));
            return token;
        }
        finally
        {
            _signIn.Release();
        }
    }

    private async Task<(JsonNode? Body, string? ETag, HttpStatusCode Status)> SendAsync(
        HttpRequestMessage request, HttpStatusCode? accept = null, params HttpStatusCode[] retried)
    {
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode && response.StatusCode != accept && !retried.Contains(response.StatusCode))
            throw new DemoFailed($"{request.Method} {request.RequestUri} answered {(int)response.StatusCode}: {text}");
        return (text.Length == 0 ? null : JsonNode.Parse(text), response.Headers.ETag?.Tag, response.StatusCode);
    }

    private sealed class LinesContent : HttpContent
    {
        private readonly IEnumerable<object> _lines;
        private readonly Action<int> _sent;

        public LinesContent(IEnumerable<object> lines, Action<int> sent)
        {
            (_lines, _sent) = (lines, sent);
            Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var chunk in _lines.Chunk(500))
            {
                using var buffer = new MemoryStream();
                foreach (var line in chunk)
                {
                    JsonSerializer.Serialize(buffer, line, Json);
                    buffer.WriteByte((byte)'\n');
                }

                buffer.Position = 0;
                await buffer.CopyToAsync(stream);
                _sent(chunk.Length);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

/// <summary>The demo cannot go on; the message says why and what to do.</summary>
internal sealed class DemoFailed(string message) : Exception(message);
