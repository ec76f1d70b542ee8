using System.CommandLine;
using System.Text;
using IntegratedCare.Contracts;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Host.Verbs;

/// <summary><c>settle</c>: computes the statement of a settlement pack without a database, in the same bytes as the API's replay.</summary>
internal static class SettleVerb
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static Command Command()
    {
        var pack = new Argument<string>("pack")
        {
            Description = "A pack of a settlement or a payment as JSON; or NDJSON, a pack a line, in a file ending in "
            + ".ndjson; - for standard input."
        };
        var output = new Option<string?>("--output") { Description = "The file to write. Without it, standard output." };
        var format = new Option<string>("--format")
        {
            Description = "json, the canonical bytes; csv, the lines; or html, a printable page. A batch is always "
            + "json.",
            DefaultValueFactory = _ => "json"
        };
        format.AcceptOnlyFromAmong("json", "csv", "html");
        var command = new Command("settle", "Compute the statement of a pack, and print its SHA-256.") { pack, output, format };
        command.SetAction((parse, ct) => RunAsync(parse.GetValue(pack)!, parse.GetValue(output), ct, parse.GetValue(format)!));
        return command;
    }

    internal static async Task<int> RunAsync(string path, string? output, CancellationToken ct, string format = "json")
    {
        if (path != "-" && !File.Exists(path))
        {
            await Console.Error.WriteLineAsync($"There is no file {path}.");
            return 1;
        }

        await using var input = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
        await using var target = output is null ? Console.OpenStandardOutput() : File.Create(output);
        if (path.EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase))
            return await SettleLinesAsync(input, target, ct);

        using var whole = new MemoryStream();
        await input.CopyToAsync(whole, ct);
        try
        {
            var (statement, sha256) = Settle(whole.GetBuffer().AsSpan(0, (int)whole.Length));
            await target.WriteAsync(format switch
            {
                "csv" => Encoding.UTF8.GetBytes(ContractsModule.Csv(statement)),
                "html" => Encoding.UTF8.GetBytes(ContractsModule.Page(statement)),
                _ => statement,
            }, ct);
            await Console.Error.WriteLineAsync($"SHA-256 {sha256}");
            return 0;
        }
        catch (RequestRefused refusal)
        {
            await Console.Error.WriteLineAsync(Explain(refusal));
            return 1;
        }
    }

    /// <summary>Some editors begin a file with a byte order mark, which is not part of the JSON.</summary>
    private static (byte[] Statement, string Sha256) Settle(ReadOnlySpan<byte> pack) =>
        ContractsModule.Settle(pack.StartsWith(ByteOrderMark) ? pack[ByteOrderMark.Length..] : pack);

    /// <summary>Writes a statement for each line. A refused pack gives an empty line, and its reason on standard error; an empty line stays empty.</summary>
    private static async Task<int> SettleLinesAsync(Stream input, Stream target, CancellationToken ct)
    {
        using var reader = new StreamReader(input);
        var (number, settled, refused) = (0, 0, 0);
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            number++;
            try
            {
                if (!string.IsNullOrWhiteSpace(line))
                {
                    await target.WriteAsync(ContractsModule.Settle(Encoding.UTF8.GetBytes(line)).Statement, ct);
                    settled++;
                }
            }
            catch (RequestRefused refusal)
            {
                refused++;
                await Console.Error.WriteLineAsync($"Line {number}: {Explain(refusal)}");
            }

            await target.WriteAsync("\n"u8.ToArray(), ct);
        }

        await Console.Error.WriteLineAsync($"{settled} settled, {refused} refused.");
        return refused == 0 ? 0 : 1;
    }

    private static string Explain(RequestRefused refusal) =>
        $"{refusal.Type.Title}. {string.Join(" ", refusal.Errors?.Select(e => $"{e.Pointer}: {e.Detail}") ?? [refusal.Message])}";
}
