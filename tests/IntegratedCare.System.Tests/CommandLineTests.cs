using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using IntegratedCare.Testing;

namespace IntegratedCare.System.Tests;

/// <summary>What goes wrong before anything is served is told in a line that says what to do.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task A_verb_that_there_is_not_starts_nothing_and_names_those_there_are()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Host.dll"), "migrat"])
        { RedirectStandardError = true, UseShellExecute = false })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(2);
        said.ShouldContain("There is no verb 'migrat'. The verbs are serve, migrate, demo");
    }

    /// <summary>Nothing is listened on, and no database is opened: there is none at the address that is given.</summary>
    [Theory]
    [InlineData("Production needs an OIDC authority")]
    [InlineData("Production needs the setting Access:PseudonymKey", "--Auth:Authority=https://login.example")]
    [InlineData("without TLS", "--Auth:Authority=http://login.example", "--Access:PseudonymKey=k")]
    [InlineData("without TLS", "--Auth:Authority=http://localhost.example", "--Access:PseudonymKey=k")]
    [InlineData("set ConnectionStrings:Default", "--Auth:Authority=https://login.example", "--Access:PseudonymKey=k")]
    [InlineData("set ConnectionStrings:Default", "--Auth:Authority=http://localhost:8080", "--Access:PseudonymKey=k")]
    [InlineData("set ConnectionStrings:Default", "--Auth:Authority=http://127.0.0.1:8080", "--Access:PseudonymKey=k")]
    public async Task What_Production_lacks_is_told_in_a_line(string told, params string[] settings)
    {
        var (code, said) = await HostRun.OnceAsync(["serve", "--environment=Production", "--Urls=http://127.0.0.1:0", .. settings]);
        code.ShouldBe(1, said);
        said.ShouldContain(told);
        said.Trim().Split('\n').Length.ShouldBe(1, said);
    }

    /// <summary>With another key the same person would have another pseudonym.</summary>
    [Fact]
    public async Task A_database_is_served_with_the_pseudonym_key_that_it_has_been_run_with()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        var first = await HostProcess.StartAsync(database.ConnectionString);
        await first.DisposeAsync();
        var (code, said) = await HostRun.OnceAsync("serve", "--environment=Development", $"--ConnectionStrings:Default={database.ConnectionString}",
            "--Urls=http://127.0.0.1:0", "--Access:PseudonymKey=another");
        code.ShouldBe(1, said);
        said.ShouldContain("another Access:PseudonymKey");
        await (await HostProcess.StartAsync(database.ConnectionString)).DisposeAsync();
    }

    /// <summary>The first thing that a newcomer does, on a host that has nothing yet.</summary>
    [Fact]
    public async Task The_demo_runs_to_its_end_on_an_empty_database()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var (code, said) = await HostRun.OnceAsync("demo", "--persons", "1000", "--url", $"http://127.0.0.1:{port}",
            $"--ConnectionStrings:Default={database.ConnectionString}");
        code.ShouldBe(0, said);
    }

    /// <summary>It may be somebody else's: a demo would fill it with invented people.</summary>
    [Fact]
    public async Task The_demo_fills_no_host_that_is_not_named()
    {
        using var other = new HttpListener { Prefixes = { "http://localhost:5080/" } };
        try
        {
            other.Start();
        }
        catch (HttpListenerException)
        {
            Assert.Skip("Something listens on port 5080.");
        }

        var paths = new List<string>();
        var answering = Task.Run(async () =>
        {
            while (other.IsListening)
            {
                var asked = await other.GetContextAsync();
                paths.Add(asked.Request.Url!.AbsolutePath);
                asked.Response.Close();
            }
        });
        var (code, said) = await HostRun.OnceAsync("demo", "--persons", "1000");
        code.ShouldBe(1, said);
        said.ShouldContain("A host answers at http://localhost:5080/ already. To fill that one, name it: --url http://localhost:5080.");
        paths.ShouldBe(["/health/ready"]);
        other.Stop();
        await answering.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var ended = await Should.ThrowAsync<InvalidOperationException>(HostProcess.StartAsync(database.ConnectionString, port));
        ended.Message.ShouldContain($":{port}: address already in use. Stop what listens there, or listen elsewhere: --urls http://localhost:5081");
        ended.Message.ShouldNotContain("Unhandled exception");
    }
}
