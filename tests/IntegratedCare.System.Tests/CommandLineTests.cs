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
