using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace IntegratedCare.EmbeddedPostgres.Tests;

public sealed class BinaryLocatorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("integrated-care-pg-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("auto")]
    [InlineData("installed")]
    [InlineData("npm")]
    public async Task Nothing_found_names_the_three_ways_out(string road)
    {
        var error = await Should.ThrowAsync<NoPostgresException>(StartAsync(road, new BinaryLocator([_root], npm: null)));

        error.Message.ShouldContain("install PostgreSQL 15");
        error.Message.ShouldContain("npm");
        error.Message.ShouldContain("ConnectionStrings:Default");
        error.Message.ShouldContain("ConnectionStrings__Default");
    }

    [Fact]
    public async Task An_unknown_road_is_refused() =>
        (await Should.ThrowAsync<ArgumentException>(StartAsync("docker", new BinaryLocator([], npm: null)))).Message.ShouldContain("'docker'");

    [Fact]
    public async Task A_server_program_without_its_sisters_is_passed_over()
    {
        var lone = Bin("lone", "echo 'postgres (PostgreSQL) 17.2'", "postgres");

        var error = await Should.ThrowAsync<NoPostgresException>(StartAsync("installed", new BinaryLocator([lone], npm: null)));

        error.Message.ShouldContain("has no initdb");
    }

    [Fact]
    public async Task An_old_server_is_passed_over()
    {
        var old = Bin("old", "echo 'postgres (PostgreSQL) 14.11'", "postgres", "initdb", "pg_ctl");

        var error = await Should.ThrowAsync<NoPostgresException>(StartAsync("installed", new BinaryLocator([old], npm: null)));

        error.Message.ShouldContain("14.11, older than 15");
    }

    [Fact]
    public async Task An_installation_without_its_share_files_is_passed_over()
    {
        var bare = Bin("bare", "echo 'postgres (PostgreSQL) 16.3'; echo 'POSTGRES_BKI=/nowhere/postgres.bki'", "postgres", "initdb", "pg_ctl");

        var error = await Should.ThrowAsync<NoPostgresException>(StartAsync("installed", new BinaryLocator([bare], npm: null)));

        error.Message.ShouldContain("share files are missing");
    }

    [Fact]
    public async Task Npm_that_fails_is_reported_with_what_it_said()
    {
        var npm = Path.Combine(Bin("npm", "echo 'no network here' >&2; exit 1", "npm"), "npm");

        var error = await Should.ThrowAsync<NoPostgresException>(StartAsync("auto", new BinaryLocator([], npm)));

        error.Message.ShouldContain("no network here");
    }

    [Fact]
    public async Task Npm_is_told_to_trust_what_the_machine_trusts()
    {
        var kept = Environment.GetEnvironmentVariable("NODE_EXTRA_CA_CERTS");
        var npm = Path.Combine(Bin("npm", "echo \"trusts $NODE_EXTRA_CA_CERTS\" >&2; exit 1", "npm"), "npm");
        var bundle = Path.Combine(_root, "trusted.pem");
        var own = Environment.GetEnvironmentVariable("SSL_CERT_FILE");
        await File.WriteAllTextAsync(bundle, "");
        try
        {
            Environment.SetEnvironmentVariable("SSL_CERT_FILE", bundle);
            Environment.SetEnvironmentVariable("NODE_EXTRA_CA_CERTS", null);
            (await Should.ThrowAsync<NoPostgresException>(StartAsync("npm", new BinaryLocator([], npm)))).Message.ShouldContain($"trusts {bundle}");
            // What the user says of Node holds.
            Environment.SetEnvironmentVariable("NODE_EXTRA_CA_CERTS", "/the/users.pem");
            (await Should.ThrowAsync<NoPostgresException>(StartAsync("npm", new BinaryLocator([], npm)))).Message.ShouldContain("trusts /the/users.pem");
        }
        finally
        {
            Environment.SetEnvironmentVariable("NODE_EXTRA_CA_CERTS", kept);
            Environment.SetEnvironmentVariable("SSL_CERT_FILE", own);
        }
    }

    [Fact]
    public async Task The_npm_road_runs_PostgreSQL_18_and_auto_stays_with_its_data()
    {
        Assert.SkipUnless(HasNpm, "npm is not installed.");
        await using (var server = await EmbeddedPostgresServer.StartAsync(Options("npm"), NullLogger.Instance))
        {
            await using var connection = new NpgsqlConnection(server.ConnectionString("postgres") + ";Pooling=false");
            await connection.OpenAsync();
            connection.PostgreSqlVersion.Major.ShouldBe(18);
            await using var command = new NpgsqlCommand("CREATE TABLE kept (a int); INSERT INTO kept VALUES (42)", connection);
            await command.ExecuteNonQueryAsync();
        }

        // The machine may have another version; the data decides. What was fetched needs npm no more.
        await using var again = await StartAsync("auto", new BinaryLocator([], npm: null));
        await using var second = new NpgsqlConnection(again.ConnectionString("postgres") + ";Pooling=false");
        await second.OpenAsync();
        await using var ask = new NpgsqlCommand("SELECT a FROM kept", second);
        (await ask.ExecuteScalarAsync()).ShouldBe(42);
        again.Description.ShouldContain("@embedded-postgres");
    }

    private EmbeddedPostgresOptions Options(string road) => new() { DataRoot = _root, Road = road };

    private Task<EmbeddedPostgresServer> StartAsync(string road, BinaryLocator locator) =>
        EmbeddedPostgresServer.StartAsync(Options(road), NullLogger.Instance, locator);

    private static bool HasNpm => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "npm.cmd" : "npm")));

    /// <summary>A folder of shell scripts that pass for programs; a test that needs one is skipped on Windows.</summary>
    private string Bin(string name, string script, params string[] programs)
    {
        if (OperatingSystem.IsWindows())
            throw Xunit.Sdk.SkipException.ForSkip("The stand-in programs are shell scripts.");
        var folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        foreach (var program in programs)
        {
            var path = Path.Combine(folder, program);
            File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
            const UnixFileMode all = (UnixFileMode)0b111_101_101;
            File.SetUnixFileMode(path, all);
            File.SetUnixFileMode(folder, all);
        }

        return folder;
    }
}
