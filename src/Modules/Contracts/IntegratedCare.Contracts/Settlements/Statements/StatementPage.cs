using System.Globalization;
using System.Text;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;
using static IntegratedCare.Contracts.Statements.PageParts;
using static IntegratedCare.Contracts.Statements.StatementText;

namespace IntegratedCare.Contracts.Settlements.Statements;

/// <summary>
/// A statement as one printable HTML page: the outcome, a picture, the terms as sentences, every line, and the inputs. It loads no script,
/// style sheet or font. It is well-formed XML and depends on the statement only, except that parties get their names if a register is given.
/// </summary>
internal static class StatementPage
{
    private const int MaxListed = 8;

    public static string Of(Statement statement, string sha256, IReadOnlyDictionary<string, string>? names = null)
    {
        var page = new StringBuilder(32_768);
        Begin(page, $"Settlement {statement.Period}: {Title(statement)}");
        Heading(page, statement, names);
        page.Append("<main>\n");
        Outcome(page, statement, names);
        Warnings(page, statement);
        page.Append("<h2>In a picture</h2>\n<figure>").Append(StatementPicture.Of(statement))
            .Append("<figcaption>Each part has its own scale, from zero. Solid: an amount. Dashed outline: a change. Hatched: paid into the "
                + "fund.</figcaption></figure>\n");
        Terms(page, statement);
        PageParts.Lines(page, statement.Lines);
        Inputs(page, statement);
        Replay(page, statement, sha256);
        return End(page);
    }

    private static string Title(Statement statement) => string.IsNullOrWhiteSpace(statement.RiskShare.Title) ? "Risk-share" : statement.RiskShare.Title;

    private static void Heading(StringBuilder page, Statement statement, IReadOnlyDictionary<string, string>? names)
    {
        var period = Period.Parse(statement.Period);
        page.Append("<header><p class=\"kicker\">Settlement statement</p>\n")
            .Append($"<h1>{Escape(Title(statement))}</h1>\n<p>Period "
                + $"{Escape(statement.Period)}{(period is null ? "" : $", {Day(period.First)} to {Day(period.Last)}")}. Amounts in "
                + $"{Escape(statement.Currency)}.</p>\n<dl class=\"facts\">");
        Fact("Agreement", statement.RiskShare.AgreementId == Guid.Empty ? "not named in the pack" : statement.RiskShare.AgreementId.ToString());
        Fact("Terms version", statement.TermsVersion.ToString(CultureInfo.InvariantCulture));
        Fact("Risk-share", statement.RiskShare.Id == Guid.Empty ? "not named in the pack" : statement.RiskShare.Id.ToString());
        Fact("Preset", statement.Terms.Preset ?? "none");
        Fact("Payer", Name(statement.Terms.Payer, names));
        Fact("Fund", statement.Terms.Fund);
        page.Append("</dl></header>\n");

        void Fact(string name, string value) => page.Append($"<dt>{name}</dt><dd>{Escape(value)}</dd>");
    }

    private static void Outcome(StringBuilder page, Statement statement, IReadOnlyDictionary<string, string>? names)
    {
        page.Append("<section class=\"outcome\" aria-label=\"Outcome\">\n<p class=\"who\">").Append(Escape(TransferSummary(statement, names))).Append("</p>\n");
        foreach (var sentence in Explanation(statement))
            page.Append($"<p>{Escape(sentence)}</p>\n");
        page.Append("</section>\n<table><caption>Who receives and who pays</caption><thead><tr><th scope=\"col\">Party</th><th "
            + "scope=\"col\" class=\"n\">Receives</th><th scope=\"col\" class=\"n\">Pays</th><th scope=\"col\" class=\"n\">Line</th></tr></thead><tbody>\n");
        foreach (var transfer in statement.Transfers)
        {
            var payer = transfer.Party == statement.Terms.Payer ? " <span class=\"small\">(payer)</span>" : "";
            page.Append($"<tr><td>{Escape(Name(transfer.Party, names))}{payer}</td>")
                .Append($"<td class=\"n\">{(transfer.Amount > 0 ? Of(transfer.Amount) : "")}</td><td "
                    + $"class=\"n\">{(transfer.Amount < 0 ? Of(-transfer.Amount) : transfer.Amount == 0 ? "nothing" : "")}</td><td "
                    + $"class=\"n\">{Link(transfer.Line)}</td></tr>\n");
        }

        if (Line(statement, "reinvested") is { Result: not 0 } kept)
        {
            page.Append($"<tr><td>Stays in the fund {Escape(statement.Terms.Fund)}</td><td class=\"n\">{Of(kept.Result)}</td><td class=\"n\"></td><td "
                + $"class=\"n\">{Link(kept.Number)}</td></tr>\n");
        }

        if (IsPartial(statement))
        {
            page.Append("</tbody></table>\n<p><b>A partial copy.</b> The terms let its reader see the common lines and its own; lines and transfers of "
                + "other parties are left out.</p>\n");
            return;
        }

        var received = statement.Transfers.Sum(t => Math.Max(t.Amount, 0)) + (Line(statement, "reinvested")?.Result ?? 0);
        page.Append($"</tbody><tfoot><tr class=\"total\"><td>Together</td><td class=\"n\">{Of(received)}</td><td "
            + $"class=\"n\">{Of(-statement.Transfers.Sum(t => Math.Min(t.Amount, 0)))}</td><td class=\"n\"></td></tr></tfoot></table>\n");

        string Of(decimal amount) => Money(amount, statement.Currency);
    }

    private static string TransferSummary(Statement statement, IReadOnlyDictionary<string, string>? names)
    {
        var moved = statement.Transfers.Where(t => t.Amount != 0).OrderByDescending(t => t.Amount).ToList();
        if (moved.Count == 0)
            return "Nobody pays and nobody receives anything for this period.";
        if (moved.Count > MaxListed)
        {
            return $"{moved.Count(t => t.Amount > 0)} parties receive {Money(moved.Sum(t => Math.Max(t.Amount, 0)), statement.Currency)} together, and "
                + $"{moved.Count(t => t.Amount < 0)} pay {Money(-moved.Sum(t => Math.Min(t.Amount, 0)), statement.Currency)}.";
        }

        return List([.. moved.Select(t => $"{Name(t.Party, names)} {(t.Amount > 0 ? "receives" : "pays")} {Money(Math.Abs(t.Amount), statement.Currency)}")])
            + ".";
    }

    private static IEnumerable<string> Explanation(Statement statement)
    {
        decimal Value(string code) => Line(statement, code)?.Result ?? 0;
        var (saving, rate, counted, result) = (Value("saving-at-price"), Value("saving-rate"), Value("result-after-threshold"), Value("result-to-share"));
        var money = statement.Terms.InMoney;
        var (benchmark, actual) = (Value(money ? "benchmark-value" : "benchmark-activity"), Value(money ? "actual-value" : "actual-activity"));
        var what = saving == 0 ? "neither a saving nor a loss"
            : $"a {(saving < 0 ? "loss" : "saving")} of {Money(Math.Abs(saving), statement.Currency)}{(money ? "" : " at price")}, "
                + $"{Percent(decimal.Round(Math.Abs(rate), 4, MidpointRounding.AwayFromZero))} of the benchmark";
        yield return money
            ? $"The care cost {Money(actual, statement.Currency)} against a benchmark of {Money(benchmark, statement.Currency)}: {what}."
            : $"There were {Number(actual)} units of activity against a benchmark of {Number(benchmark)}: {what}.";
        if (saving == 0)
            yield break;
        if (counted == 0)
            yield return "That lies within the threshold, so nothing of it is shared; it stays with the payer.";
        else
        {
            yield return $"{(counted == saving ? "All of it counts" : $"{Money(Math.Abs(counted), statement.Currency)} of it counts")} past the threshold; "
                + $"after the steps of the terms {Money(Math.Abs(result), statement.Currency)} is {(result < 0 ? "borne" : "shared")} by the shares.";
        }

        if (statement.Warnings.Any(w => w.Raised))
        {
            var warnings = statement.Warnings.Count(w => w.Raised) switch
            {
                1 => "One warning is",
                2 => "Two warnings are",
                var raised => $"{raised} warnings are"
            };
            yield return $"{warnings} raised: see below.";
        }
    }

    private static void Warnings(StringBuilder page, Statement statement)
    {
        page.Append("<h2>Is the saving real, and is it more than chance?</h2>\n<table><thead><tr><th scope=\"col\">What</th><th "
            + "scope=\"col\" class=\"n\">Amount</th><th scope=\"col\" class=\"n\">Line</th></tr></thead><tbody>\n");
        foreach (var (code, text) in new[]
        {
            ("saving-at-price", "Saving at price: what the difference is worth on paper"),
                ("saving-at-marginal-cost", "Saving at actual marginal cost: what is really freed"),
            ("result-to-share", "What is shared"), ("chance-probability", "Probability that chance alone gives so large a difference"),
        })
        {
            if (Line(statement, code) is { } line)
                page.Append($"<tr><td>{text}</td><td class=\"n\">{Escape(Result(line.Result, line.Unit))}</td><td class=\"n\">{Link(line.Number)}</td></tr>\n");
        }

        page.Append("</tbody></table>\n");
        foreach (var warning in statement.Warnings.OrderByDescending(w => w.Raised))
        {
            var name = warning.Code switch
            {
                "price-beside-marginal-cost" => "More is shared than was freed",
                "chance" => "It may be chance",
                "step-fixed-costs" => "Step-fixed costs stay",
                _ => warning.Code,
            };
            page.Append(warning.Raised
                    ? $"<section class=\"warning raised\" role=\"note\"><p><span class=\"mark\">!</span><b>Warning raised: {Escape(name)}</b></p>"
                    : $"<section class=\"warning\" role=\"note\"><p><b>Not raised:</b> {Escape(name)}</p>")
                .Append($"<p>{Escape(Readable(warning.Message))}</p></section>\n");
        }
    }

    private static void Terms(StringBuilder page, Statement statement)
    {
        page.Append($"<h2>The terms, version {statement.TermsVersion.ToString(CultureInfo.InvariantCulture)}, in words</h2>\n<table "
            + $"class=\"clauses\"><tbody>\n");
        foreach (var (clause, text) in TermsDescription.Of(statement.Terms))
            page.Append($"<tr><th scope=\"row\">{clause}</th><td>{Escape(text)}</td></tr>\n");
        page.Append("</tbody></table>\n");
    }

    private static void Inputs(StringBuilder page, Statement statement)
    {
        page.Append("<h2>What it was made from</h2>\n");
        if (statement.Values.Count > 0)
        {
            page.Append($"<h3>Published values of {Escape(statement.Terms.Measure.Metric)}</h3>\n<table><thead><tr><th scope=\"col\">Month</th><th "
                + $"scope=\"col\" class=\"n\">Value</th><th scope=\"col\">Status</th><th scope=\"col\" class=\"n\">Version</th><th scope=\"col\">Known at "
                + $"(UTC)</th><th scope=\"col\">Value id</th></tr></thead><tbody>\n");
            foreach (var value in statement.Values)
            {
                var known = value.KnownAt?.UtcDateTime.ToString("d MMMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture) ?? "not given";
                var defined = value.DefinitionVersion is { } definition ? $"<br/><span class=\"small\">definition {Text(definition)}</span>" : "";
                page.Append($"<tr><td>{Escape(value.Period)}</td><td "
                    + $"class=\"n\">{Number(value.Activity)}</td><td>{Escape(value.Status ?? "not given")}</td><td "
                    + $"class=\"n\">{(value.Version is { } version ? Text(version) : "not given")}{defined}</td><td>{known}</td>"
                    + $"<td class=\"small\">{value.ValueId?.ToString() ?? "not given"}</td></tr>\n");
            }

            page.Append("</tbody></table>\n");
        }

        var stated = Stated(statement).ToList();
        if (stated.Count > 0)
        {
            page.Append("<h3>Stated with the settlement</h3>\n<p class=\"small\">By the party that proposed it; whoever agrees the statement agrees "
                + "these.</p>\n<table><thead><tr><th scope=\"col\">Input</th><th scope=\"col\" class=\"n\">Value</th></tr></thead><tbody>\n");
            foreach (var (name, value) in stated)
                page.Append($"<tr><td>{Escape(name)}</td><td class=\"n\">{Escape(value)}</td></tr>\n");
            page.Append("</tbody></table>\n");
        }

        if (statement.Inputs.Costs is not { } costs)
            return;
        page.Append("<h3>Care costs, frozen by the platform</h3>\n<table><tbody>\n");
        foreach (var (name, value) in new[]
        {
            ("Persons in the population", Number(costs.Persons)), ("Persons with care", Number(costs.PersonsWithCare)),
                ("Records counted", Number(costs.Records)),
            ("Records without an amount, which add nothing", Number(costs.WithoutAmount)), ("Spend", Money(costs.Spend, statement.Currency)),
            ("Cut by the limit for one person", Money(costs.Cut, statement.Currency)),
            ("The same care at actual cost", Money(costs.ActualCost, statement.Currency)), ("Sum of the records' versions", Text(costs.Versions)),
        })
            page.Append($"<tr><td>{name}</td><td class=\"n\">{Escape(value)}</td></tr>\n");
        page.Append("</tbody></table>\n");
    }

    private static IEnumerable<(string Name, string Value)> Stated(Statement statement)
    {
        var (inputs, currency) = (statement.Inputs, statement.Currency);
        string Measured(decimal value) => statement.Terms.InMoney ? Money(value, currency) : $"{Number(value)} units";
        if (inputs.Benchmark is { } benchmark)
            yield return ("Benchmark", Measured(benchmark));
        if (inputs.Actual is { } actual)
            yield return ("Actual", Measured(actual));
        if (inputs.Persons is { } persons)
            yield return ("Persons, on average over the period", Number(persons));
        if (inputs.NeedRatio is { } need)
            yield return ("Need now over need at the benchmark", Number(need));
        if (inputs.Year is { } year)
            yield return ("Year of the agreement", Text(year));
        if (inputs.QualifiesBelowMinimum is { } qualifies)
            yield return ("Qualifies below the minimum", qualifies ? "yes" : "no");
        if (inputs.QualityStandard is { } standard)
            yield return ("Quality standard", standard);
        foreach (var score in inputs.Quality ?? [])
            yield return ($"Quality score: {score.Metric}", Number(score.Score));
        if (inputs.Revenue is { } revenue)
            yield return ("Revenue of the providers", Money(revenue, currency));
        foreach (var party in inputs.Parties ?? [])
        {
            if (party.Revenue is { } own)
                yield return ($"Revenue of {party.Party}", Money(own, currency));
            if (party.Budget is { } budget)
                yield return ($"Budget of {party.Party}", Money(budget, currency));
            if (party.Score is { } score)
                yield return ($"Score of {party.Party}", Number(score));
            if (party.OwnResult is { } result)
                yield return ($"Own result of {party.Party}", Money(result, currency));
        }

        foreach (var adjustment in inputs.Adjustments ?? [])
        {
            yield return ($"Adjustment: {adjustment.Code}",
                adjustment.Amount is { } amount ? Money(amount, currency)
                : $"{Number(adjustment.PersonsAffected!.Value)} of the persons, {adjustment.MonthsAffected} months");
        }
    }

    /// <summary>Whether lines of other parties have been left out for this reader.</summary>
    private static bool IsPartial(Statement statement) => statement.Lines.Count < statement.Lines[^1].Number;

    private static void Replay(StringBuilder page, Statement statement, string sha256)
    {
        page.Append("<h2>Check it yourself</h2>\n");
        if (IsPartial(statement))
        {
            page.Append("<p>The SHA-256 of this partial copy is not that of the statement which the parties agree. The payer sees every line and can replay "
                + "the whole. The copy's own is</p>\n")
                .Append($"<pre>{Escape(sha256)}</pre>\n");
            return;
        }

        page.Append("<p>This page shows a statement whose canonical JSON has the SHA-256</p>\n")
            .Append($"<pre>{Escape(sha256)}</pre>\n")
            .Append("<p>Take its pack (<code>GET .../settlements/{settlementId}/pack</code>) and compute it again, with or without the platform that made "
                + "it. The same bytes come back, and so the same SHA-256:</p>\n")
            .Append("<pre>dotnet run --project src/Host -- settle pack.json --output statement.json\nsha256sum statement.json</pre>\n<pre>POST "
                + "/v1/contracts/settlements/replay\nContent-Type: application/json</pre>\n")
            .Append("<p>Nothing is stored by either. By hand, follow the lines: each result is the value of its arithmetic, and below it stands where each "
                + "number comes from.</p>\n");
    }

    private static StatementLine? Line(Statement statement, string code) => statement.Lines.FirstOrDefault(l => l.Code == code);
}
