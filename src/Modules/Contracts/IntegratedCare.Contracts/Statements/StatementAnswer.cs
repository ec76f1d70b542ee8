using System.Security.Cryptography;
using System.Text;
using IntegratedCare.Contracts.Domain;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Features;

/// <summary>A statement as its canonical bytes, as CSV of its lines or as a printable page, as the caller accepts.</summary>
internal static class StatementAnswer
{
    public static readonly string[] MediaTypes = ["application/json", "text/csv", "text/html"];

    /// <param name="names">Of the parties, for the page; the bytes hold their codes.</param>
    public static IResult Of(HttpContext http, byte[] bytes, IReadOnlyDictionary<string, string>? names = null) =>
        Of(http, bytes, () => Statement.FromBytes(bytes).ToCsv(), () => StatementPage.Of(Statement.FromBytes(bytes), Statement.Sha256(bytes), names));

    public static bool WantsPage(HttpContext http) => http.Request.Headers.Accept.ToString() is var accept
        && accept.Contains("text/html", StringComparison.OrdinalIgnoreCase) && !accept.Contains("text/csv", StringComparison.OrdinalIgnoreCase);

    public static IResult Of(HttpContext http, byte[] bytes, Func<string> csv, Func<string> page)
    {
        http.Response.Headers.Vary = "Accept";
        var accept = http.Request.Headers.Accept.ToString();
        if (accept.Contains("text/csv", StringComparison.OrdinalIgnoreCase))
            return TypedResults.Text(csv(), "text/csv", Encoding.UTF8);
        if (WantsPage(http))
            return TypedResults.Text(page(), "text/html", Encoding.UTF8);
        return Json(http, bytes);
    }

    public static IResult Json(HttpContext http, byte[] bytes)
    {
        // RFC 9530: whoever receives the bytes can check them without knowing this API.
        http.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:";
        return TypedResults.Bytes(bytes, "application/json");
    }
}
