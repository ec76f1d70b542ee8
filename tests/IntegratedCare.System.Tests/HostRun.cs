using System.Diagnostics;

namespace IntegratedCare.System.Tests;

/// <summary>The host run once with a verb: how it ended, and what it wrote to its error output.</summary>
internal static class HostRun
{
    public static async Task<(int Code, string Said)> OnceAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Host.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var said = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }
}
