using System.Text;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;
using static IntegratedCare.Contracts.Statements.PageParts;
using static IntegratedCare.Contracts.Statements.StatementText;

namespace IntegratedCare.Contracts.Payments.Statements;

/// <summary>
/// A payment statement as one printable HTML page: the amount due, its parts, the terms as sentences, every line, and the inputs. The page
/// is well-formed XML and depends on the statement only, except that parties get their names if a register is given.
/// </summary>
internal static class PaymentPage
{
    public static string Of(PaymentStatement statement, string sha256, IReadOnlyDictionary<string, string>? names = null)
    {
        var page = new StringBuilder(16_384);
        var title = string.IsNullOrWhiteSpace(statement.PaymentTerms?.Title) ? "Payment" : statement.PaymentTerms.Title;
        Begin(page, $"Payment {statement.Period}: {title}");
        Heading(page, statement, title, names);
        page.Append("<main>\n");
        Outcome(page, statement, names);
        Warnings(page, statement);
        page.Append("<h2>The terms in words</h2>\n<table class=\"clauses\"><tbody>\n");
        foreach (var (clause, text) in PaymentDescription.Of(statement.Terms))
            page.Append($"<tr><th scope=\"row\">{Escape(clause)}</th><td>{Escape(text)}</td></tr>\n");
        page.Append("</tbody></table>\n");
        Lines(page, statement.Lines);
        page.Append("<h2>What it was made from</h2>\n");
        Table(page, "Stated with the payment", [.. Stated(statement)]);
        Table(page, "Paid on account before",
            [.. (statement.Inputs.OnAccount ?? [])
            .Select(p => ($"{p.Period}, version {Text(p.Number)}{(p.Terms is null ? "" : ", under the terms before")}", Money(p.Amount, statement.Currency)))]);
        Replay(page, sha256);
        return End(page);
    }

    private static void Heading(StringBuilder page, PaymentStatement statement, string title, IReadOnlyDictionary<string, string>? names)
    {
        var period = Period.Parse(statement.Period)!;
        page.Append("<header><p class=\"kicker\">Payment statement</p>\n")
            .Append($"<h1>{Escape(title)}</h1>\n<p>Period {Escape(statement.Period)}, {Day(period.First)} to {Day(period.Last)}. Amounts in "
                + $"{Escape(statement.Currency)}.</p>\n<dl class=\"facts\">");
        Fact("Agreement", statement.PaymentTerms?.AgreementId.ToString() ?? "not named in the pack");
        Fact("Payment terms", statement.PaymentTerms?.Id.ToString() ?? "not named in the pack");
        Fact("Preset", statement.Terms.Preset ?? "none");
        Fact("Form", statement.Terms.Form);
        Fact("Payer", Name(statement.Terms.Payer, names));
        Fact("Provider", Name(statement.Terms.Provider, names));
        page.Append("</dl></header>\n");

        void Fact(string name, string value) => page.Append($"<dt>{name}</dt><dd>{Escape(value)}</dd>");
    }

    private static void Outcome(StringBuilder page, PaymentStatement statement, IReadOnlyDictionary<string, string>? names)
    {
        var due = statement.Transfers.First(t => t.Party == statement.Terms.Provider).Amount;
        var (payer, provider) = due < 0 ? (statement.Terms.Provider, statement.Terms.Payer) : (statement.Terms.Payer, statement.Terms.Provider);
        page.Append("<section class=\"outcome\" aria-label=\"Outcome\">\n<p class=\"who\">")
            .Append(Escape(due == 0 ? "Nothing is due." : $"{Name(payer, names)} pays {Name(provider, names)} {Money(Math.Abs(due), statement.Currency)}."))
                .Append("</p>\n</section>\n")
            .Append("<table><caption>What it is made of</caption><thead><tr><th scope=\"col\">Part</th><th scope=\"col\" class=\"n\">Amount</th><th "
                + "scope=\"col\" class=\"n\">Line</th></tr></thead><tbody>\n");
        // The parts are the inputs of the sum's line; a payment of one part has no sum.
        var payment = statement.Lines.First(l => l.Code == "payment");
        foreach (var line in payment.Inputs.Where(i => i.Line is not null).Select(i => statement.Lines[i.Line!.Value - 1]))
            Row(line, "");
        if (statement.Lines.FirstOrDefault(l => l.Code == "payment-due") is { } dueLine)
        {
            Row(payment, "");
            Row(statement.Lines.First(l => l.Code == "on-account"), Minus);
            payment = dueLine;
        }

        page.Append($"</tbody><tfoot><tr class=\"total\"><td>{Escape(payment.Title)}</td><td "
            + $"class=\"n\">{Money(payment.Result, statement.Currency)}</td><td class=\"n\">{Link(payment.Number)}</td></tr></tfoot></table>\n");

        void Row(StatementLine line, string sign) =>
            page.Append($"<tr><td>{Escape(line.Title)}</td><td class=\"n\">{sign}{Money(line.Result, statement.Currency)}</td><td "
                + $"class=\"n\">{Link(line.Number)}</td></tr>\n");
    }

    private static void Warnings(StringBuilder page, PaymentStatement statement)
    {
        foreach (var warning in statement.Warnings.OrderByDescending(w => w.Raised))
        {
            page.Append(warning.Raised
                    ? "<section class=\"warning raised\" role=\"note\"><p><span class=\"mark\">!</span><b>Warning raised: the parties agreed to talk "
                        + "again</b></p>"
                    : "<section class=\"warning\" role=\"note\"><p><b>Not raised:</b> the limit beyond which the parties talk again</p>")
                .Append($"<p>{Escape(warning.Message)}</p></section>\n");
        }
    }

    private static IEnumerable<(string Name, string Value)> Stated(PaymentStatement statement)
    {
        var inputs = statement.Inputs;
        foreach (var point in inputs.Activity ?? [])
        {
            yield return ($"Activity of {point.PointOfDelivery}", Number(point.Actual));
            if (point.Expected is { } expected)
                yield return ($"Expected activity of {point.PointOfDelivery}", Number(expected));
        }

        if (inputs.WeightedPopulation is { } weighted)
            yield return ("Weighted population", Number(weighted));
        foreach (var group in inputs.Population ?? [])
            yield return ($"Persons: {group.Group}", Number(group.Persons));
        foreach (var need in inputs.Need ?? [])
            yield return ($"Measure of need: {need.Code}", Number(need.Value));
        foreach (var loading in inputs.Loadings ?? [])
            yield return ($"Persons with the loading {loading.Code}", Number(loading.Persons));
        if (inputs.ListMovement is { } movement)
            yield return ("Movement of the list, weighted persons", Number(movement));
        foreach (var band in inputs.YearOfCare ?? [])
            yield return ($"Persons in the band {band.Band}", Number(band.Persons));
        foreach (var score in inputs.Outcomes ?? [])
            yield return ($"Score: {score.Outcome}, {score.Indicator}", Number(score.Score));
    }

    private static void Replay(StringBuilder page, string sha256) =>
        page.Append("<h2>Check it yourself</h2>\n<p>This page shows a statement whose canonical JSON has the SHA-256</p>\n")
        .Append($"<pre>{Escape(sha256)}</pre>\n")
        .Append("<p>Take its pack (<code>GET .../payments/{paymentId}/pack</code>) and compute it again, with or without the platform that made it. The "
            + "same bytes come back, and so the same SHA-256:</p>\n")
        .Append("<pre>dotnet run --project src/Host -- settle pack.json --output statement.json\nsha256sum statement.json</pre>\n<pre>POST "
            + "/v1/contracts/payments/replay\nContent-Type: application/json</pre>\n")
        .Append("<p>Nothing is stored by either.</p>\n");
}
