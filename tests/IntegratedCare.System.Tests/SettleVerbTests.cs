using System.Text;
using System.Text.Json;
using IntegratedCare.Host.Verbs;

namespace IntegratedCare.System.Tests;

public sealed class SettleVerbTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("settle");

    private const string Pack =
        """{"terms":{"preset":"mssp-enhanced","payer":"CMS","fund":"MSSP","system":"US","shares":[{"party":"ACO","gain":1,"loss":1}]}"""
            + ""","period":"2024","inputs":{"benchmark":1650927172,"actual":1504130805,"persons":100000,"qualityStandard":"met"}}""";

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task An_empty_line_of_a_batch_stays_empty_and_a_refused_pack_leaves_one_while_the_others_go_on()
    {
        var (code, lines) = await SettleAsync("packs.ndjson", $"{Pack}\r\n\r\n{Pack}\r\n");
        code.ShouldBe(0);
        lines.Length.ShouldBe(3);
        lines[1].ShouldBeEmpty();
        lines[2].ShouldBe(lines[0]);
        Paid(lines[2]).ShouldBe(107_895_330);

        (code, lines) = await SettleAsync("packs.ndjson", $"{Pack.Replace("1650927172", "\"1,650,927,172\"", StringComparison.Ordinal)}\n{Pack}\n");
        code.ShouldBe(1);
        lines[0].ShouldBeEmpty();
        Paid(lines[1]).ShouldBe(107_895_330);
    }

    [Fact]
    public async Task A_pack_may_begin_with_a_byte_order_mark()
    {
        var (code, lines) = await SettleAsync("pack.json", '\uFEFF' + Pack);
        code.ShouldBe(0);
        Paid(lines.Single()).ShouldBe(107_895_330);
    }

    private async Task<(int Code, string[] Lines)> SettleAsync(string name, string content)
    {
        var (input, output) = (Path.Combine(_folder.FullName, name), Path.Combine(_folder.FullName, "out"));
        await File.WriteAllBytesAsync(input, Encoding.UTF8.GetBytes(content));
        return (await SettleVerb.RunAsync(input, output, CancellationToken.None), await File.ReadAllLinesAsync(output));
    }

    private static decimal Paid(string statement)
    {
        using var document = JsonDocument.Parse(statement);
        return document.RootElement.GetProperty("transfers").EnumerateArray().Single(t => t.GetProperty("party").GetString() == "ACO").GetProperty("amount")
            .GetDecimal();
    }
}
