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
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
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
        var (input, expected) = (Path.Combine(_folder.FullName, "packs.ndjson"), new MemoryStream());
        await using (var lines = File.Create(input))
        {
            foreach (var pack in RandomPacks.All.Seeded(6).Take(Cases))
            {
                var statement = RiskShareEngine.Settle(pack);
                expected.Write(statement.ToBytes());
                expected.WriteByte((byte)'\n');
                lines.Write(CanonicalJson.ToBytes(PackDraft.Of(statement)));
                lines.WriteByte((byte)'\n');
            }
        }

        // Tiered compilation and vector instructions change which machine code computes what is not decimal: the chance of a saving.
        // The host itself is built without cultures, so these have them switched on, and say what theirs does to 1.5 and to a date.
        await CompareAsync("de_DE.UTF-8", "1,5 ",
            new() { ["TZ"] = "America/St_Johns", ["DOTNET_PROCESSOR_COUNT"] = "16", ["DOTNET_TieredCompilation"] = "0", ["DOTNET_gcServer"] = "1" });
        await CompareAsync("tr_TR.UTF-8", "1,5 ",
            new() { ["TZ"] = "Pacific/Kiritimati", ["DOTNET_PROCESSOR_COUNT"] = "1", ["DOTNET_EnableHWIntrinsic"] = "0" });
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
        string[] codes = ["99A", "E06000991", "RZ1", "RZ2", "VOL01", "Y99001"];
        var agreement = new Agreement("Round trip", "risk-share", "alliance", "NTH", null, [],
            [.. codes.Select((c, i) => new AgreementParty(c, i == 0 ? "commissioner" : "provider", new Signatory("A. Smith", "Director")))],
            new DateOnly(2026, 4, 1), new DateOnly(2030, 3, 31));
        await InSessionAsync(session =>
        {
            session.Insert(agreement);
            return session.SaveChangesAsync();
        });

        var made = new Dictionary<Guid, byte[]>();
        foreach (var packs in RandomPacks.All.Seeded(7).Take(Cases).Chunk(batch))
        {
            await InSessionAsync(async session =>
            {
                foreach (var pack in packs)
                {
                    var riskShare = RiskShare.Of(agreement, "Random", pack.Terms);
                    var statement = RiskShareEngine.Settle(pack with { RiskShare = new(riskShare.Id, agreement.Id, "Random") });
                    var bytes = statement.ToBytes();
                    var (settlement, _) = Settlement.Propose(riskShare, codes, statement, StatementHash.Of(bytes), [], null, provisional: false,
                        DateTimeOffset.UnixEpoch);
                    made[settlement.Id] = bytes;
                    session.Insert(riskShare);
                    session.Insert(settlement);
                    await session.InsertStatementAsync(settlement.Id, bytes, default);
                }

                await session.SaveChangesAsync();
            });
        }

        var compared = 0;
        await InSessionAsync(async session =>
        {
            var riskShares = (await session.ListAsync<RiskShare>(all => all.Where(r => r.AgreementId == agreement.Id), default)).ToDictionary(r => r.Id);
            var settlements = await session.FindManyAsync<Settlement>(made.Keys, default);
            var statements = await session.ReadStatementsAsync(made.Keys, default);
            foreach (var settlement in settlements)
            {
                // Terms from the risk-share's own document, values and inputs from the statement that the settlement keeps.
                var (stored, expected) = (statements[settlement.Id], made[settlement.Id]);
                var held = Statement.FromBytes(stored);
                var again = RiskShareEngine.Settle(new SettlementPack(
                    held.RiskShare, held.TermsVersion, riskShares[settlement.RiskShareId].Terms, settlement.Period, held.Values, held.Inputs)).ToBytes();
                if (!stored.AsSpan().SequenceEqual(expected) || !again.AsSpan().SequenceEqual(expected) || settlement.Sha256 != StatementHash.Of(expected))
                    Assert.Fail($"{Encoding.UTF8.GetString(expected)} becomes {Encoding.UTF8.GetString(again)}");
                compared++;
            }
        });

        compared.ShouldBe(Cases);
    }

    private async Task InSessionAsync(Func<ContractsSession, Task> work)
    {
        await using var session = app.Services.GetRequiredService<ModuleSessions<ContractsSession>>().Open();
        await work(session);
    }
}
