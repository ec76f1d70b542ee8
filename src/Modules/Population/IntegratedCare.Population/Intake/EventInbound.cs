using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace IntegratedCare.Population.Intake;

/// <summary>
/// Stores posted events. Posts that arrive together share a commit, and none is acknowledged before it: a batch is what is
/// waiting, never what a timer collects.
/// </summary>
internal sealed class EventInbound(ModuleSessions<PopulationSession> sessions, UnappliedEvents unapplied, OutboxSignal signal, TimeProvider clock)
    : BackgroundService
{
    /// <summary>Posts are gathered until they hold this many events.</summary>
    public const int MaxBatch = 1000;

    private const int Writers = 2;
    private const int MaxAttempts = 5;

    /// <summary>
    /// When the oldest event has waited longer than this to be applied, on whichever host, acknowledgements slow down: each batch by
    /// 40 ms for every second more, at most 500 ms, until as many are taken as are applied. Slowed, not stopped: events are taken even
    /// when nothing is applied.
    /// </summary>
    private static readonly TimeSpan SlowedAfter = TimeSpan.FromSeconds(3);
    private const double SlowedPerSecond = 0.04;
    private static readonly TimeSpan MaxSlowed = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MeasureEvery = TimeSpan.FromMilliseconds(100);

    private readonly Channel<Post> _posts = Channel.CreateBounded<Post>(new BoundedChannelOptions(4096) { SingleReader = false });

    /// <summary>Stores the events, and says of each what became of it.</summary>
    public async Task<EventOutcome[]> StoreAsync(IReadOnlyList<CareEvent> events, AccessContext sender, CancellationToken ct)
    {
        if (events.Count == 0)
            return [];
        var done = new TaskCompletionSource<EventOutcome[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var post = new Post(events, sender.ClientId, sender.Organisation, done);
        await _posts.Writer.WriteAsync(post, ct);
        return await post.Done.Task;
    }

    /// <summary>The identity of a CloudEvent: the same source and id always give the same key.</summary>
    public static Guid KeyOf(string source, string id)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{id}"), hash);
        return new Guid(hash[..16]);
    }

    /// <summary>The identity of a version of a record; in SQL the first half of sha256, written as a uuid.</summary>
    public static Guid VersionKeyOf(CareEvent e)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{e.Source}\n{e.RecordId}\n{e.RecordVersion}")), hash);
        return new Guid(hash[..16], bigEndian: true);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() => WriteLoopAsync(stoppingToken), CancellationToken.None)));

    private async Task WriteLoopAsync(CancellationToken ct)
    {
        var batch = new List<Post>();
        var measured = clock.GetTimestamp();
        var slowed = TimeSpan.Zero;
        // Kept between batches: a connection taken from the pool each time is first reset by the server.
        PopulationSession? session = null;
        try
        {
            while (await _posts.Reader.WaitToReadAsync(ct))
            {
                var count = 0;
                while (count < MaxBatch && _posts.Reader.TryRead(out var post))
                {
                    batch.Add(post);
                    count += post.Events.Count;
                }

                if (batch.Count == 0)
                    continue;
                session = await WriteAsync(session, batch);
                batch.Clear();
                if (clock.GetElapsedTime(measured) >= MeasureEvery)
                {
                    slowed = Slowed(await unapplied.OldestWaitAsync(ct));
                    measured = clock.GetTimestamp();
                }

                if (slowed > TimeSpan.Zero)
                    await Task.Delay(slowed, ct);
            }
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            if (session is not null)
                await session.DisposeAsync();
            while (_posts.Reader.TryRead(out var post))
                post.Done.TrySetException(new TimeoutException("The host is stopping."));
        }
    }

    /// <summary>How long a writer pauses after each batch when the oldest event has waited this long.</summary>
    internal static TimeSpan Slowed(TimeSpan waiting)
    {
        var slowed = (waiting - SlowedAfter) * SlowedPerSecond;
        return slowed < TimeSpan.Zero ? TimeSpan.Zero : slowed > MaxSlowed ? MaxSlowed : slowed;
    }

    /// <summary>Stores and answers the posts. The session to go on with: none after a failure.</summary>
    private async Task<PopulationSession?> WriteAsync(PopulationSession? session, List<Post> posts)
    {
        var rows = posts.SelectMany(p => p.Events.Select(e => new PostedEvent(e, KeyOf(e.Source, e.Id), VersionKeyOf(e), p.ClientId, p.Sender))).ToArray();
        var stored = new HashSet<Guid>(rows.Length);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                session ??= sessions.Open();
                var outcomes = await EventStore.StoreAsync(session, rows, stored, CancellationToken.None);
                signal.Raise(session.Schema);
                var from = 0;
                foreach (var post in posts)
                {
                    post.Done.TrySetResult(outcomes[from..(from + post.Events.Count)]);
                    from += post.Events.Count;
                }

                return session;
            }
            catch (Exception e)
            {
                if (session is not null)
                    await session.DisposeAsync();
                session = null;
                // Keys are stored in their order, but two writers may bring each other's versions.
                var raced = e is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected };
                if (raced && attempt < MaxAttempts)
                    continue;
                foreach (var post in posts)
                    post.Done.TrySetException(raced ? new TimeoutException("Other writers brought the same versions each time.") : e);
                return null;
            }
        }
    }

    private sealed record Post(IReadOnlyList<CareEvent> Events, string ClientId, string Sender, TaskCompletionSource<EventOutcome[]> Done);
}
