using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace IntegratedCare.EmbeddedPostgres;

/// <summary>The user that runs the server: ourselves, or, as root, an unprivileged user, since PostgreSQL refuses root.</summary>
internal sealed record ServerUser(string? Name, int UserId, int GroupId)
{
    public static readonly ServerUser Self = new(null, 0, 0);

    public static ServerUser Current()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return Self;
        }

        foreach (var name in (string[])["postgres", "_postgres", "nobody"])
        {
            if (IdOf("-u", name) is { } user and not 0 && IdOf("-g", name) is { } group)
            {
                return new ServerUser(name, user, group);
            }
        }

        throw new InvalidOperationException(
            "PostgreSQL does not run as root and this machine has neither a 'postgres' nor a 'nobody' user: start the host as an ordinary user.");
    }

    /// <summary>A folder of the server's own: nobody else reads it.</summary>
    public void Own(string path, bool folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(path, folder
            ? UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            : UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Name is not null && Native.Chown(path, UserId, GroupId) != 0)
        {
            throw new IOException($"Cannot give {path} to the user {Name}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>The server's user may pass through a folder of ours, whatever the umask was.</summary>
    public void LetIn(string folder)
    {
        if (Name is not null && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }

    /// <summary>The folder on the way that keeps the server's user out, if one does.</summary>
    public string? ClosedFolder(string path)
    {
        if (Name is null || OperatingSystem.IsWindows())
        {
            return null;
        }

        for (var folder = new DirectoryInfo(path); folder is not null; folder = folder.Parent)
        {
            if (folder.Exists && !folder.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return folder.FullName;
            }
        }

        return null;
    }

    private static int? IdOf(string option, string name)
    {
        try
        {
            using var id = Process.Start(new ProcessStartInfo("id", [option, name])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            });
            var text = id!.StandardOutput.ReadToEnd();
            id.WaitForExit();
            return id.ExitCode == 0 && int.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var value) ? value : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}

internal readonly record struct CommandResult(int ExitCode, string Output)
{
    public string LastLines => string.Join(" | ", Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(4));
}

internal static class ServerProcess
{
    /// <summary>Runs a command to its end, with nothing of ours open in it.</summary>
    public static async Task<CommandResult> RunAsync(
        ServerUser user, string folder, string file, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken ct = default,
        (string Name, string Value)? variable = null)
    {
        var start = new ProcessStartInfo
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            // On Windows a console of its own keeps the user's Ctrl-C away from the server.
            CreateNoWindow = true,
        };
        // .NET opens everything close-on-exec, but what the shell that started us left open (a lock, a pipe to a build
        // server) would live on in the server, and whoever waits for its end would wait for the server's.
        if (OperatingSystem.IsLinux())
        {
            Native.KeepOpenFilesFromChildren();
        }

        if (OperatingSystem.IsMacOS())
        {
            start.FileName = "/bin/sh";
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add("exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; exec \"$@\"");
            start.ArgumentList.Add("sh");
            start.ArgumentList.Add(file);
        }
        else
        {
            start.FileName = file;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LC_ALL"] = "C";
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        if (variable is var (added, value))
        {
            start.Environment[added] = value;
        }

        if (user.Name is not null)
        {
            start.UserName = user.Name;
            start.Environment["HOME"] = folder;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"Cannot start {file}.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timer.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(timer.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            throw new TimeoutException($"{Path.GetFileName(file)} did not finish within {limit.TotalSeconds:0} s.", e);
        }

        // On Windows the server inherits the pipe, so its end may never come.
        await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None));
        return new CommandResult(
            process.ExitCode,
            (output.IsCompletedSuccessfully ? await output : "") + (error.IsCompletedSuccessfully ? await error : ""));
    }

    /// <summary>Whether the process runs a server on this data folder (on Linux exactly; elsewhere by its name).</summary>
    public static bool IsServerOn(int processId, string dataFolder)
    {
        if (processId <= 0)
        {
            return false;
        }

        if (OperatingSystem.IsLinux())
        {
            // The server works in its data folder. Root in a container may not see where another user's process works,
            // but anyone sees its command line. A zombie has neither.
            return WorkingFolder(processId) is { } at ? at == dataFolder : CommandLine(processId).Contains(dataFolder);
        }

        try
        {
            using var process = Process.GetProcessById(processId);
            return process.ProcessName.StartsWith("postgres", StringComparison.OrdinalIgnoreCase);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether any process, a server's orphaned child included, still works on this data folder (Linux only).</summary>
    public static async Task<bool> AnyServerOnAsync(ServerUser user, string dataFolder, CancellationToken ct)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        // Asked as the server's user, who sees where its own processes work.
        var list = await RunAsync(user, "/", "/bin/sh", ["-c", "ls -ld /proc/[0-9]*/cwd 2>/dev/null"], TimeSpan.FromSeconds(20), ct);
        return list.Output.Split('\n').Any(l => l.EndsWith(" -> " + dataFolder, StringComparison.Ordinal));
    }

    private static string? WorkingFolder(int processId)
    {
        try
        {
            return new FileInfo($"/proc/{processId}/cwd").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[] CommandLine(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

internal static class Native
{
    [DllImport("libc", EntryPoint = "chown", SetLastError = true)]
    public static extern int Chown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int owner, int group);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static extern int Kill(int processId, int signal);

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static extern int Fcntl(int file, int command, int value);

    [DllImport("libc", EntryPoint = "realpath", SetLastError = true)]
    private static extern IntPtr RealPathNative([MarshalAs(UnmanagedType.LPUTF8Str)] string path, IntPtr buffer);

    [DllImport("libc", EntryPoint = "free")]
    private static extern void Free(IntPtr memory);

    public static void KeepOpenFilesFromChildren()
    {
        const int setFlags = 2;
        const int closeOnExec = 1;
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry.AsSpan()), CultureInfo.InvariantCulture, out var number) && number > 2)
            {
                _ = Fcntl(number, setFlags, closeOnExec);
            }
        }
    }

    /// <summary>The path with every link followed.</summary>
    public static string RealPath(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return Path.GetFullPath(path);
        }

        var text = RealPathNative(path, IntPtr.Zero);
        if (text == IntPtr.Zero)
        {
            return Path.GetFullPath(path);
        }

        try
        {
            return Marshal.PtrToStringUTF8(text)!;
        }
        finally
        {
            Free(text);
        }
    }
}
