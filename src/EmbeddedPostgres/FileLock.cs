namespace IntegratedCare.EmbeddedPostgres;

/// <summary>A lock on a file, which the operating system takes back when the process dies, however it dies.</summary>
internal sealed class FileLock : IDisposable, IAsyncDisposable
{
    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    public static async Task<FileLock> ExclusiveAsync(string path, TimeSpan limit, CancellationToken ct)
    {
        var until = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (true)
        {
            if (TryExclusive(path) is { } taken)
            {
                return taken;
            }

            if (Environment.TickCount64 > until)
            {
                throw new TimeoutException($"Another process has held {path} for {limit.TotalSeconds:0} s.");
            }

            await Task.Delay(30, ct);
        }
    }

    public static FileLock? TryExclusive(string path) => Try(path, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Held by any number at once; null while someone holds it alone.</summary>
    public static FileLock? TryShared(string path)
    {
        if (!File.Exists(path))
        {
            TryExclusive(path)?.Dispose();
        }

        return Try(path, FileAccess.Read, FileShare.Read);
    }

    public void Dispose() => _stream.Dispose();

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static FileLock? Try(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new FileLock(new FileStream(path, access == FileAccess.Read ? FileMode.Open : FileMode.OpenOrCreate, access, share, bufferSize: 1));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
