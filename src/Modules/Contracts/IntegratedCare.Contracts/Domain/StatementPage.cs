using System.Globalization;
using System.Net;
using System.Text;

namespace IntegratedCare.Contracts.Domain;

/// <summary>A statement as one printable HTML page that needs nothing from elsewhere: no script, no style sheet, no font.</summary>
internal static class StatementPage
{
    public static string Of(Statement statement, string sha256)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>").Append(Escape($"Settlement {statement.Period}: {statement.RiskShare.Title}"))
            .Append("</title></head><body>").Append(Escape(sha256)).Append("</body></html>");
        return page.ToString();
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Money(decimal amount) => amount.ToString("N2", CultureInfo.InvariantCulture);
}
