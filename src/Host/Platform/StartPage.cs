using System.Net;
using System.Text;
using IntegratedCare.Host.Auth;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.Host.Platform;

/// <summary>What a browser finds at the host's address: what this is, and where to go from here.</summary>
internal static class StartPage
{
    public static void MapStartPage(this WebApplication app)
    {
        app.MapGet("/", (HttpRequest request) => TypedResults.Content(
            Write(app.Environment.IsDevelopment() ? $"{request.Scheme}://{request.Host}" : null), "text/html; charset=utf-8")).ExcludeFromDescription();
    }

    /// <param name="address">This host's, where it issues tokens itself.</param>
    private static string Write(string? address)
    {
        var page = new StringBuilder(
            """
            <!doctype html>
            <html lang="en-GB">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>IntegratedCare</title>
            <style>
            body { font: 17px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1d2a33; }
            h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
            a { color: #005a9c; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
            th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d5dde3; vertical-align: top; }
            code, pre { font-family: ui-monospace, monospace; font-size: .85rem; }
            pre { background: #f1f4f6; padding: .75rem; overflow-x: auto; }
            div { overflow-x: auto; }
            </style>
            </head>
            <body>
            <h1>IntegratedCare</h1>
            <p>The organisations of a local health and care system act as one: they post the events their systems already emit, and this host shows who is
            at risk, runs the care pathways that cross organisations, computes metrics that any partner can check, settles who shares which gain or pain,
            and keeps the pooled money's books.</p>
            <ul>
            <li><a href="/docs">The API</a>: every operation, with examples</li>
            <li><a href="/openapi/v1.json">Its OpenAPI document</a>, for generators</li>
            <li><a href="/health/ready">Is it ready?</a> and <a href="/health/live">is it alive?</a></li>
            </ul>

            """);
        if (address is null)
            return page.Append("<p>Tokens are issued by your identity provider.</p>\n</body>\n</html>\n").ToString();

        page.Append(
            $"""
            <h2>A token</h2>
            <p>This host runs in Development and issues tokens to the clients below. Each one's secret is its name with <code>-secret</code>.</p>
            <pre>curl -d grant_type=client_credentials -d client_id=demo-operator \
              -d client_secret=demo-operator-secret {Html(address)}/connect/token</pre>
            <h2>Clients to try it with</h2>
            <div><table>
            <tr><th>client</th><th>organisation</th><th>kind</th><th>purposes</th></tr>

            """);
        // There are many practices alike: two show how they are called.
        foreach (var client in DemoClients.All.Where(c => c.Kind != OrganisationKinds.GeneralPractice || c.Organisation is "Y99001" or "Y99002"))
        {
            page.Append("<tr><td><code>").Append(Html(client.Id)).Append("</code></td><td>").Append(Html(client.Organisation)).Append("</td><td>")
                .Append(Html(client.Kind)).Append("</td><td>").Append(Html(string.Join(", ", client.Purposes))).Append("</td></tr>\n");
        }

        return page.Append("</table></div>\n</body>\n</html>\n").ToString();
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
