using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Contracts.Tests.Settlements.Engine;
using IntegratedCare.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Contracts.Tests.Settlements;

/// <summary>Equal inputs give equal bytes: in processes that differ in everything a machine can differ in, and after a stay in Contracts' own tables.</summary>
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
        // The host itself is built without cultures, so these have them switched on, and say what theirs does to 1.5 and to a date.
        await CompareAsync("de_DE.UTF-8", "1,5 ", new() { ["TZ"] = "America/St_Johns", ["DOTNET_PROCESSOR_COUNT"] = "16", ["DOTNET_TieredCompilation"] = "0", ["DOTNET_gcServer"] = "1" });
        await CompareAsync("tr_TR.UTF-8", "1,5 ", new() { ["TZ"] = "Pacific/Kiritimati", ["DOTNET_PROCESSOR_COUNT"] = "1", ["DOTNET_EnableHWIntrinsic"] = "0" });
        await CompareAsync("ar_SA.UTF-8", "1\u066b5 ", new() { ["TZ"] = "Asia/Riyadh", ["DOTNET_PROCESSOR_COUNT"] = "2" });
        await CompareAsync("th_TH.UTF-8", " 2569/11 ", new() { ["TZ"] = "Asia/Bangkok", ["DOTNET_ReadyToRun"] = "0" });
        await CompareAsync(null, "1.5 -1 2026/11 i", new() { ["TZ"] = "UTC" });

        async Task CompareAsync(string? culture, string says, Dictionary<string, string> environment)
        {
            var (output, witness) = (Path.Combine(_folder.FullName, "statements.ndjson"), Path.Combine(_folder.FullName, $"witness-{culture}"));
            environment["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location;
            environment[StartupHook.Witness] = witness;
            var host = Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Host.dll");
            string[] run = [host];
            if (culture is not null && HasCultures)
            {
                run = ["exec", "--runtimeconfig", await WithCulturesAsync(), host];
                environment["LC_ALL"] = culture;
            }
            else if (culture is not null)
            {
                // No libraries of cultures on this machine: one made by hand.
                environment[StartupHook.ByHand] = "yes";
                says = "1,5 ~1 2026#11 i";
            }

            var start = new ProcessStartInfo("dotnet", [.. run, "settle", input, "--output", output]) { UseShellExecute = false, RedirectStandardError = true };
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
            using var process = Process.Start(start)!;
            var said = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(0, said);
            (await File.ReadAllTextAsync(witness)).ShouldContain(says, Case.Sensitive, culture);
            var same = (await File.ReadAllBytesAsync(output)).AsSpan().SequenceEqual(expected.ToArray());
            same.ShouldBeTrue($"Other bytes with {culture}, {string.Join(", ", environment)}.");
            File.Delete(output);
        }
    }

    /// <summary>Whether this machine has the libraries that cultures come from (ICU).</summary>
    private static bool HasCultures { get; } = Enumerable.Range(50, 60).Any(version => NativeLibrary.TryLoad($"libicuuc.so.{version}", out _));

    /// <summary>The host's own settings of the runtime, but for the one that does without cultures.</summary>
    private async Task<string> WithCulturesAsync()
    {
        var settings = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Host.runtimeconfig.json")))!;
        settings["runtimeOptions"]!["configProperties"]!["System.Globalization.Invariant"] = false;
        var path = Path.Combine(_folder.FullName, "cultures.runtimeconfig.json");
        await File.WriteAllTextAsync(path, settings.ToJsonString());
        return path;
    }

    [Fact]
    public async Task After_terms_and_settlements_have_been_stored_and_read_again()
    {
        const int batch = 500;
        var packs = new RandomPacks(7);
        string[] codes = ["99A", "E06000991", "RZ1", "RZ2", "VOL01", "Y99001"];
        var agreement = new Agreement(
            new AgreementDocument("Round trip", "risk-share", "alliance", "NTH", null, [], [.. codes.Select((c, i) => new AgreementParty(c, i == 0 ? "commissioner" : "provider", new Signatory("A. Smith", "Director")))], []),
            new DateOnly(2026, 4, 1), new DateOnly(2030, 3, 31));
        await InDbAsync(db =>
        {
            db.Agreements.Add(agreement);
            return db.SaveChangesAsync();
        });

        var made = new Dictionary<Guid, byte[]>();
        for (var n = 0; n < Cases; n += batch)
        {
            await InDbAsync(db =>
            {
                foreach (var pack in Enumerable.Range(0, batch).Select(_ => packs.Next()))
                {
                    var riskShare = new RiskShare(agreement, "Random", pack.Terms);
                    var statement = RiskShareEngine.Settle(pack with { RiskShare = new(riskShare.Id, agreement.Id, "Random") });
                    var settlement = new Settlement(riskShare, codes, statement, statement.ToBytes(), [], provisional: false, DateTimeOffset.UnixEpoch);
                    made[settlement.Id] = settlement.Statement;
                    db.Add(riskShare);
                    db.Add(settlement);
                }

                return db.SaveChangesAsync();
            });
        }

        var compared = 0;
        await InDbAsync(async db =>
        {
            var rows = db.Settlements.AsNoTracking().Join(db.RiskShares.AsNoTracking(), s => s.RiskShareId, r => r.Id, (s, r) => new { Settlement = s, RiskShare = r }).Where(r => r.RiskShare.AgreementId == agreement.Id);
            await foreach (var row in rows.AsAsyncEnumerable())
            {
                // Terms from the risk-share's own row, values and inputs from the statement that the settlement keeps.
                var (stored, expected) = (row.Settlement.Statement, made[row.Settlement.Id]);
                var held = Statement.FromBytes(stored);
                var again = RiskShareEngine.Settle(new SettlementPack(held.RiskShare, held.TermsVersion, row.RiskShare.Document.Terms, row.Settlement.Period, held.Values, held.Inputs)).ToBytes();
                if (!stored.AsSpan().SequenceEqual(expected) || !again.AsSpan().SequenceEqual(expected) || row.Settlement.Sha256 != Statement.Sha256(expected))
                    Assert.Fail($"{Encoding.UTF8.GetString(expected)} becomes {Encoding.UTF8.GetString(again)}");
                compared++;
            }
        });

        compared.ShouldBe(Cases);
    }

    private async Task InDbAsync(Func<ContractsDb, Task> work)
    {
        await using var scope = app.Services.CreateAsyncScope();
        await work(scope.ServiceProvider.GetRequiredService<ContractsDb>());
    }
}
