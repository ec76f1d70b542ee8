using System.Globalization;
using System.Xml.Linq;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Settlements.Statements;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Contracts.Tests.Settlements.Engine;

namespace IntegratedCare.Contracts.Tests.Settlements.Statements;

/// <summary>The printable page: complete, safe, well-formed and the same everywhere.</summary>
public class StatementPageTests
{
    private const int Cases = 300;
    private static readonly XNamespace Html = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Every_line_and_every_transfer_is_on_the_page_of_any_terms()
    {
        foreach (var pack in RandomPacks.All.Seeded(20260).Take(Cases))
        {
            var statement = RiskShareEngine.Settle(pack);
            var page = Parse(StatementPage.Of(statement, "0a1b"));
            foreach (var line in statement.Lines)
            {
                var row = page.Descendants(Html + "tr").Single(r => (string?)r.Attribute("id") == $"line-{line.Number}");
                row.Value.ShouldContain(line.Title);
                row.Value.ShouldContain(line.Rule);
                row.Descendants(Html + "code").Single().Value.ShouldBe(line.Arithmetic);
                var shown = line.Result.Scale > 6 ? StatementText.Number(decimal.Round(line.Result, 6, MidpointRounding.AwayFromZero)) + "…"
                    : StatementText.Number(line.Result);
                row.Elements().Last().Value.ShouldContain(shown.TrimStart(StatementText.Minus[0]));
            }

            var table = page.Descendants(Html + "table").First();
            foreach (var transfer in statement.Transfers)
            {
                var row = table.Descendants(Html + "tr").Single(r => r.Elements().First().Value.Split(' ')[0] == transfer.Party);
                var cells = row.Elements().Select(c => c.Value).ToList();
                cells[transfer.Amount > 0 ? 1 : 2].ShouldBe(transfer.Amount == 0 ? "nothing"
                    : StatementText.Money(Math.Abs(transfer.Amount), statement.Currency));
                cells[transfer.Amount > 0 ? 2 : 1].ShouldBeEmpty();
                cells[3].ShouldBe(transfer.Line.ToString(CultureInfo.InvariantCulture));
            }

            page.Descendants(Html + "section").Count(s => (string?)s.Attribute("class") == "warning raised"
                && s.Value.Contains("Warning raised", StringComparison.Ordinal))
                .ShouldBe(statement.Warnings.Count(w => w.Raised));
            page.Descendants(Html + "pre").First().Value.ShouldBe("0a1b");
        }
    }

    [Fact]
    public void The_picture_has_a_title_and_its_numbers_as_text()
    {
        foreach (var pack in RandomPacks.All.Seeded(20261).Take(Cases))
        {
            var statement = RiskShareEngine.Settle(pack);
            var picture = Parse(StatementPage.Of(statement, "")).Descendants(Svg + "svg").Single();
            picture.Element(Svg + "title")!.Value.ShouldNotBeEmpty();
            var text = picture.Element(Svg + "desc")!.Value;
            foreach (var transfer in statement.Transfers.Where(t => t.Amount != 0))
            {
                text.ShouldContain($"{transfer.Party} {(transfer.Amount > 0 ? "receives" : "pays")} "
                    + $"{StatementText.Money(transfer.Amount, statement.Currency)}");
            }

            // What the steps take off leads from the saving to what is shared, and every bar lies inside the picture.
            var labels = picture.Descendants(Svg + "text").Select(t => t.Value).ToList();
            labels.ShouldNotContain("Last step");
            picture.Descendants(Svg + "rect").Where(r => r.Parent!.Name != Svg + "pattern")
                .ShouldAllBe(r => Number(r, "x") >= 0 && Number(r, "x") + Number(r, "width") <= 720 && Number(r, "width") > 0);
        }
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"><img src=x onerror=alert(1)>")]
    [InlineData("'; </style></title></svg><iframe src='javascript:alert(1)'>")]
    [InlineData("&lt;b&gt; ]]> <!-- \u0000\u0008\ud800 emoji \ud83d\ude00 &")]
    public void Text_of_a_caller_is_shown_and_never_markup(string hostile)
    {
        var pack = RandomPacks.All.Seeded(7).First();
        pack = pack with
        {
            RiskShare = pack.RiskShare with { Title = hostile },
            Values = [],
            Terms = pack.Terms with
            {
                Preset = hostile,
                Fund = hostile,
                System = hostile,
                Measure = new(hostile, "system", hostile, MeasureTerms.Given),
                Benchmark = new(null, [], BenchmarkTerms.Given),
                Adjustments = [new(hostile, "both")],
                Multipliers = [new(hostile, 0.5m, "both")],
                Order = Steps.All
            },
            Inputs = (pack.Inputs ?? new()) with { Benchmark = 1000, Actual = 900, Persons = 5000, Costs = null, Adjustments = [new(hostile, 1)] },
        };
        pack = pack with
        {
            Terms = pack.Terms with
            {
                Payer = hostile,
                Shares = [new(hostile, 0.5m, 0.5m), new("RZ1", 0.5m, 0.5m)],
                Division = new(DivisionTerms.Fixed, 0),
                Quality = null,
                Sharing = null,
                Corridors = [],
                Threshold = new(0, 0, ThresholdTerms.FirstPound),
                Limits = new(1, -1, LimitTerms.Result)
            }
        };
        var html = StatementPage.Of(RiskShareEngine.Settle(pack), "00");
        var page = Parse(html);
        page.Descendants(Html + "h1").Single().Value.ShouldBe(Shown(hostile));
        page.Descendants().Select(e => e.Name.LocalName).Distinct().ShouldBeSubsetOf(
            ["html", "head", "meta", "title", "style", "body", "header", "main", "section", "p", "h1", "h2", "h3", "dl", "dt", "dd", "table", "caption",
                "thead", "tbody", "tfoot", "tr", "th", "td",
             "span", "b", "br", "code", "pre", "a", "figure", "figcaption", "svg", "desc", "defs", "pattern", "rect", "text", "line"]);
        page.Descendants().Attributes().Select(a => a.Name.LocalName).ShouldAllBe(n => !n.StartsWith("on") && n != "src" && n != "action");

        static string Shown(string text) => new([.. text.Select((c, i) => c < ' ' || (c == '\ud800') ? '\ufffd' : c)]);
    }

    [Fact]
    public void A_partial_copy_says_so_and_tells_nothing_of_other_parties()
    {
        foreach (var pack in RandomPacks.All.Seeded(20262).Take(Cases))
        {
            var whole = RiskShareEngine.Settle(pack);
            Parse(StatementPage.Of(whole, "")).Root!.Value.ShouldNotContain("partial copy");
            var own = whole.Terms.Shares.First(s => s.Party != whole.Terms.Payer).Party;
            var page = Parse(StatementPage.Of(new OpenBook(own).Filter(whole), ""));
            page.Root!.Value.ShouldContain("A partial copy.");
            page.Descendants().Where(e => !e.HasElements).Select(e => e.Value).ShouldNotContain("Together");
            var ids = page.Descendants().Attributes("id").Select(a => a.Value).ToHashSet();
            foreach (var line in whole.Lines.Where(l => l.Code.StartsWith("transfer:", StringComparison.Ordinal)))
                ids.Contains($"line-{line.Number}").ShouldBe(line.Code == $"transfer:{own}");
            page.Descendants(Svg + "text").Where(t => t.Value.EndsWith(" receives") || t.Value.EndsWith(" pays")).ShouldAllBe(t => t.Value.StartsWith(own));
        }
    }

    [Fact]
    public void The_page_needs_nothing_from_elsewhere()
    {
        var html = StatementPage.Of(RiskShareEngine.Settle(RandomPacks.All.Seeded(8).First()), "00");
        var page = Parse(html);
        page.Descendants().Attributes("href").ShouldAllBe(a => a.Value.StartsWith("#line-"));
        page.Descendants(Html + "style").Single().Value.ShouldNotContain("url(");
        page.Descendants(Html + "style").Single().Value.ShouldNotContain("@import");
        html.Replace("http://www.w3.org/1999/xhtml", "").Replace("http://www.w3.org/2000/svg", "").ShouldNotContain("://");
        html.ShouldStartWith("<!DOCTYPE html>");
        page.Root!.Attribute("lang")!.Value.ShouldBe("en-GB");
        var ids = page.Descendants().Attributes("id").Select(a => a.Value).ToList();
        ids.Distinct().Count().ShouldBe(ids.Count);
        page.Descendants().Attributes("href").ShouldAllBe(a => ids.Contains(a.Value.Substring(1)));
    }

    [Fact]
    public void Equal_statements_give_equal_pages_in_any_culture()
    {
        var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        odd.NumberFormat.NumberDecimalSeparator = odd.NumberFormat.CurrencyDecimalSeparator = odd.NumberFormat.PercentDecimalSeparator = ",";
        odd.NumberFormat.NumberGroupSeparator = ".";
        odd.NumberFormat.NegativeSign = "~";
        odd.DateTimeFormat.MonthNames = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", ""];
        foreach (var pack in RandomPacks.All.Seeded(100).Take(50))
        {
            var bytes = RiskShareEngine.Settle(pack).ToBytes();
            var first = StatementPage.Of(Statement.FromBytes(bytes), "00");
            var before = CultureInfo.CurrentCulture;
            try
            {
                CultureInfo.CurrentCulture = odd;
                StatementPage.Of(Statement.FromBytes(bytes), "00").ShouldBe(first);
            }
            finally
            {
                CultureInfo.CurrentCulture = before;
            }
        }
    }

    [Theory]
    [InlineData(-1234.5, "GBP", "\u2212£1,234.50"), InlineData(1234567.891, "USD", "$1,234,567.89"), InlineData(0, "EUR", "€0.00")]
    public void Money_has_separators_and_a_true_minus_sign(double amount, string currency, string expected) =>
        StatementText.Money(Units.Fix((decimal)amount, 2), currency).ShouldBe(expected);

    [Theory]
    [InlineData("At price the saving is (-9450000.50) (line 1234); probability 0.000134.",
        "At price the saving is \u22129,450,000.50 (line 1,234); probability 0.000134.")]
    [InlineData("Nothing here.", "Nothing here.")]
    public void A_sentence_is_read_with_its_numbers(string sentence, string expected) => StatementText.Readable(sentence).ShouldBe(expected);

    private static decimal Number(XElement element, string name) => decimal.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static XDocument Parse(string html) => XDocument.Parse(html, LoadOptions.PreserveWhitespace);
}
