using System.Text.Json;
using System.Threading.Channels;
using IntegratedCare.Population.Loads;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Persons;

/// <summary>
/// Loads bulk bodies of persons in chunks. New persons of a chunk are copied into the register by binary COPY; the others go through a
/// staging table and one merge. After a chunk with new persons only, the next is copied without a look-up; known ones are looked up only
/// if that fails.
/// </summary>
internal sealed class PersonLoader(ModuleSessions<PopulationSession> sessions)
{
    // Small enough that a load is read while it is stored, large enough that storing is cheap.
    private const int ChunkSize = 10_000;
    private const int AmendedPerEvent = 1000;

    private int _loading;

    /// <summary>Whether this host is loading a bulk body.</summary>
    public bool IsLoading => Volatile.Read(ref _loading) > 0;

    /// <summary>Loads a bulk body: lines are read and checked while the previous chunk is stored.</summary>
    /// <param name="ownPractice">Set when a practice loads: it must not see or change persons registered elsewhere.</param>
    public async Task<Load> LoadAsync(
        Load load, string? ownPractice, ILineReader lines, Func<(PersonRow? Row, IReadOnlyList<FieldError>? Faults)> read, CancellationToken ct)
    {
        var chunks = Channel.CreateBounded<Chunk>(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Interlocked.Increment(ref _loading);
        var storing = Task.Run(async () =>
        {
            try
            {
                var allNew = false;
                await foreach (var chunk in chunks.Reader.ReadAllAsync(stop.Token))
                {
                    load.RequireFewRejects();
                    (load, allNew) = await StoreAsync(load, ownPractice, chunk, allNew, stop.Token);
                }
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }, CancellationToken.None);
        try
        {
            await ReadAsync(load, lines, read, ownPractice is not null, chunks.Writer, stop.Token);
            chunks.Writer.Complete();
            await storing;
        }
        catch (Exception e)
        {
            chunks.Writer.TryComplete();
            await stop.CancelAsync();
            await ((Task)storing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await sessions.EndAsync(load, Load.Interrupted, CancellationToken.None);
            if (e is OperationCanceledException && storing.IsFaulted)
                await storing;
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _loading);
        }

        if (lines.Broken is { } reason)
        {
            await sessions.EndAsync(load, Load.Interrupted, CancellationToken.None);
            throw new RequestRefused(Problems.InvalidRequest,
                $"{reason} What came before is stored: /v1/population/loads/{load.Id} has the counts, and the last of its rejects is the line where it broke.");
        }

        return await sessions.EndAsync(load, Load.Complete, CancellationToken.None);
    }

    private static async Task ReadAsync(Load load, ILineReader lines, Func<(PersonRow?, IReadOnlyList<FieldError>?)> read, bool keepLines,
        ChannelWriter<Chunk> chunks, CancellationToken ct)
    {
        var chunk = new Chunk(load);
        while (await lines.NextAsync(ct))
        {
            PersonRow? row = null;
            IReadOnlyList<FieldError>? faults;
            try
            {
                (row, faults) = lines.Overlong ? (null, [new FieldError("", "The line is too long.")]) : read();
            }
            catch (JsonException e)
            {
                faults = [ProblemWriter.JsonFault(e)];
            }

            if (row is null)
                chunk.Reject(lines.Line, faults ?? [], lines.Text);
            else if (!chunk.Numbers.Add(row.NhsNumber))
                chunk.Repeated++;
            else
                chunk.Rows.Add(row);
            if (keepLines && row is not null)
                chunk.Keep(row.NhsNumber, lines.Line, lines.Text);
            if (chunk.Rows.Count + chunk.Rejects.Count >= ChunkSize || chunk.Held >= Load.MaxHeldBytes)
            {
                await chunks.WriteAsync(chunk, ct);
                chunk = new Chunk(load);
            }
        }

        if (lines.Broken is { } reason)
            chunk.Reject(lines.Line, [new FieldError("", reason)], "");
        if (chunk.Rows.Count + chunk.Rejects.Count + chunk.Repeated > 0)
            await chunks.WriteAsync(chunk, ct);
    }

    /// <returns>The load with its new counts, and whether all persons in the chunk were new.</returns>
    private async Task<(Load Load, bool AllNew)> StoreAsync(Load load, string? ownPractice, Chunk chunk, bool expectNew, CancellationToken ct)
    {
        await using var session = sessions.Open();
        var connection = await session.BeginAsync(ct);
        // Sorted by NHS number, so that two loads do not deadlock.
        chunk.Rows.Sort((a, b) => a.NhsNumber.CompareTo(b.NhsNumber));
        var merged = new MergedPersons(0, [], []);
        List<PersonRow> fresh = chunk.Rows, known = [];
        var allNew = expectNew && await PersonSql.CopyFreshAsync(connection, fresh, ct);
        if (!allNew)
        {
            (fresh, known, var elsewhere) = await PersonSql.SplitAsync(connection, chunk.Rows, ownPractice, ct);
            foreach (var (line, text) in elsewhere.Select(r => chunk.Lines[r.NhsNumber]))
                chunk.Reject(line, [new FieldError("/nhsNumber", "Registered with another practice. The operator moves a registration.")], text);
            chunk.Rows.RemoveAll(elsewhere.Contains);
            allNew = known.Count == 0 && elsewhere.Count == 0;
            if (!await PersonSql.CopyFreshAsync(connection, fresh, ct))
                (fresh, known) = ([], chunk.Rows);
            if (known.Count > 0)
            {
                await PersonSql.StageAsync(connection, known, ct);
                merged = await PersonSql.MergeAsync(connection, Amending.GivenMembers, ct, ownPractice);
            }
        }

        merged = new MergedPersons(merged.Created + fresh.Count, merged.Amended, [.. merged.Practices.Union(fresh.Select(r => r.Practice))]);
        var accepted = merged.Created + merged.Amended.Count;
        await session.RejectAsync(load, chunk.Rejects, ct);
        var counted = load.Count(accepted, chunk.Rows.Count - accepted + chunk.Repeated, chunk.Rejects.Count);
        session.Update(counted);
        if (accepted > 0)
        {
            var amended = merged.Amended.Chunk(AmendedPerEvent).ToList();
            session.Publish(new PersonsChanged(merged.Practices, amended.FirstOrDefault() ?? []));
            foreach (var more in amended.Skip(1))
                session.Publish(new PersonsChanged([], more));
        }

        await session.SaveChangesAsync(ct);
        return (counted, allNew);
    }

    private sealed class Chunk(Load load)
    {
        public List<PersonRow> Rows { get; } = [];
        public HashSet<long> Numbers { get; } = [];
        public List<RejectedLine> Rejects { get; } = [];
        public int Repeated { get; set; }

        /// <summary>The line of each row, kept where a row may still be rejected.</summary>
        public Dictionary<long, (long Line, string Text)> Lines { get; } = [];

        /// <summary>Bytes of line text held in memory; the rows themselves are small.</summary>
        public long Held { get; private set; }

        public void Reject(long line, IReadOnlyList<FieldError> faults, string text)
        {
            var rejected = RejectedLine.Of(load.Id, load.Organisation, line, PopulationProblems.InvalidLine.Code, faults, text);
            Rejects.Add(rejected);
            Held += sizeof(char) * rejected.Content.Length;
        }

        public void Keep(long nhsNumber, long line, string text)
        {
            var kept = RejectedLine.Kept(text);
            if (Lines.TryAdd(nhsNumber, (line, kept)))
                Held += sizeof(char) * kept.Length;
        }
    }
}
