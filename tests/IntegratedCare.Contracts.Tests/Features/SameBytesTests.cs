using System.Diagnostics;
using System.Text;
using System.Text.Json;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Tests.Domain;
using IntegratedCare.Shared;
using IntegratedCare.Testing;
using Npgsql;

namespace IntegratedCare.Contracts.Tests.Features;

/// <summary>Equal inputs give equal bytes: in processes that differ in everything a machine can differ in, and after a stay in PostgreSQL.</summary>
public sealed class SameBytesTests(TestApp app) : IClassFixture<TestApp>, IDisposable
{
    private const int Cases = 10_000;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("same-bytes");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task In_another_time_zone_culture_number_of_processors_and_instruction_set()
    {
        var packs = new RandomPacks(6);
        var (input, expected) = (Path.Combine(_folder.FullName, "packs.ndjson"), new MemoryStream());
        await using (var lines = File.Create(input))
        {
            for (var n = 0; n < Cases; n++)
            {
                var statement = RiskShareEngine.Settle(packs.Next());
                expected.Write(statement.ToBytes());
                expected.WriteByte((byte)'\n');
                lines.Write(CanonicalJson.ToBytes(PackDraft.Of(statement)));
                lines.WriteByte((byte)'\n');
            }
        }

        // Tiered compilation and vector instructions change which machine code computes what is not decimal: the chance of a saving.
        await CompareAsync(new() { ["TZ"] = "Pacific/Kiritimati", ["LC_ALL"] = "tr_TR.UTF-8", ["DOTNET_PROCESSOR_COUNT"] = "1", ["DOTNET_EnableHWIntrinsic"] = "0" });
        await CompareAsync(new() { ["TZ"] = "America/St_Johns", ["LC_ALL"] = "de_DE.UTF-8", ["DOTNET_PROCESSOR_COUNT"] = "16", ["DOTNET_TieredCompilation"] = "0", ["DOTNET_gcServer"] = "1" });

        async Task CompareAsync(Dictionary<string, string> environment)
        {
            var output = Path.Combine(_folder.FullName, "statements.ndjson");
            var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Host.dll"), "settle", input, "--output", output]) { UseShellExecute = false, RedirectStandardError = true };
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
            using var process = Process.Start(start)!;
            var said = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(0, said);
            var same = (await File.ReadAllBytesAsync(output)).AsSpan().SequenceEqual(expected.ToArray());
            same.ShouldBeTrue($"Other bytes with {string.Join(", ", environment)}.");
        }
    }

    [Fact]
    public async Task After_terms_and_inputs_have_been_stored_and_read_again()
    {
        var packs = new RandomPacks(7);
        var made = Enumerable.Range(0, Cases).Select(_ => packs.Next()).ToArray();
        await using var source = NpgsqlDataSource.Create(app.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await using (var create = new NpgsqlCommand("CREATE TEMP TABLE pack (n integer PRIMARY KEY, pack jsonb NOT NULL)", connection))
            await create.ExecuteNonQueryAsync();
        await using (var insert = new NpgsqlCommand("INSERT INTO pack SELECT n, pack::jsonb FROM unnest($1, $2) AS i (n, pack)", connection)
        { Parameters = { new() { Value = Enumerable.Range(0, Cases).ToArray() }, new() { Value = made.Select(p => JsonSerializer.Serialize(p, SharedJson.Storage)).ToArray() } } })
            (await insert.ExecuteNonQueryAsync()).ShouldBe(Cases);

        await using var read = new NpgsqlCommand("SELECT n, pack::text FROM pack ORDER BY n", connection);
        await using var rows = await read.ExecuteReaderAsync();
        var compared = 0;
        while (await rows.ReadAsync())
        {
            var n = rows.GetInt32(0);
            var again = JsonSerializer.Deserialize<SettlementPack>(rows.GetString(1), SharedJson.Storage)!;
            if (!RiskShareEngine.Settle(again).ToBytes().AsSpan().SequenceEqual(RiskShareEngine.Settle(made[n]).ToBytes()))
                Assert.Fail($"Case {n}: {Encoding.UTF8.GetString(RiskShareEngine.Settle(made[n]).ToBytes())}");
            compared++;
        }

        compared.ShouldBe(Cases);
    }
}
