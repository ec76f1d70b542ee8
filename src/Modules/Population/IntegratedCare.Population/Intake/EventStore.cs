using System.Text;
using System.Text.Json;

namespace IntegratedCare.Population.Intake;

/// <param name="Key">Of its source and id.</param>
/// <param name="VersionKey">Of its version of the record.</param>
/// <param name="Sender">The organisation of the client that posted it, which may be another than its source's.</param>
internal sealed record PostedEvent(CareEvent Event, Guid Key, Guid VersionKey, string ClientId, string Sender);

/// <summary>
/// Decides what is stored of posted events: each id once, and each version of a record with one content. Nearly all are new, and one statement
/// stores them; only what it leaves is compared with what is there.
/// </summary>
internal static class EventStore
{
    /// <param name="storedKeys">The keys that are stored, also those that an attempt which failed later has stored: of them it is said again.</param>
    /// <returns>What became of each, in their order.</returns>
    public static async Task<EventOutcome[]> StoreAsync(
        PopulationSession session, IReadOnlyList<PostedEvent> posted, HashSet<Guid> storedKeys, CancellationToken ct)
    {
        // Of one id, and of one version, the first in the order of arrival is stored; the others are held against it.
        var firstOf = new Dictionary<Guid, int>(posted.Count);
        var versions = new HashSet<Guid>(posted.Count);
        var (firsts, others) = (new List<int>(posted.Count), new List<int>());
        for (var i = 0; i < posted.Count; i++)
        {
            if (firstOf.TryAdd(posted[i].Key, i))
                (versions.Add(posted[i].VersionKey) ? firsts : others).Add(i);
        }

        var outcomes = new EventOutcome[posted.Count];
        others.AddRange(await StoreNewAsync(firsts, ofNewVersions: true));
        if (others.Count > 0)
            await CompareAsync();
        for (var i = 0; i < posted.Count && firstOf.Count < posted.Count; i++)
        {
            var first = firstOf[posted[i].Key];
            if (first != i)
                outcomes[i] = !SameBody(posted[i].Event.Payload, posted[first].Event.Payload) ? EventOutcome.IdReused
                    : outcomes[first] == EventOutcome.Stored ? EventOutcome.Duplicate : outcomes[first];
        }

        return outcomes;

        async Task CompareAsync()
        {
            var bodies = await EventSql.BodiesAsync(session, others.ConvertAll(i => posted[i]), ct);
            var unknown = others.FindAll(i => !bodies.ContainsKey(posted[i].Key));
            var contents = await EventSql.CompareVersionsAsync(session, unknown.ConvertAll(i => posted[i]), ct);
            foreach (var i in others)
            {
                outcomes[i] = !bodies.TryGetValue(posted[i].Key, out var stored) ? EventOutcome.VersionReused
                    : !SameBody(posted[i].Event.Payload, Encoding.UTF8.GetBytes(stored)) ? EventOutcome.IdReused
                    : storedKeys.Contains(posted[i].Key) ? EventOutcome.Stored : EventOutcome.Duplicate;
            }

            // The same content under another id is kept, since it was sent, beside the event that first brought it.
            var same = unknown.FindAll(i => contents.GetValueOrDefault(posted[i].Key));
            same.ForEach(i => outcomes[i] = EventOutcome.Stored);
            // Whose id another writer has brought meanwhile, and whose version nobody has after all, because the first to name it was refused.
            List<int> open = [.. await StoreNewAsync(same, ofNewVersions: false), .. unknown.FindAll(i => !contents.ContainsKey(posted[i].Key))];
            if (open.Count > 0)
            {
                var again = await StoreAsync(session, open.ConvertAll(i => posted[i]), storedKeys, ct);
                for (var n = 0; n < open.Count; n++)
                    outcomes[open[n]] = again[n];
            }
        }

        // Those that are not stored, because their id or their version is there.
        async Task<List<int>> StoreNewAsync(List<int> some, bool ofNewVersions)
        {
            if (some.Count == 0)
                return [];
            // Sorted, so that two writers do not wait for each other in a circle.
            var rows = some.ConvertAll(i => posted[i]);
            rows.Sort((a, b) => a.Key.CompareTo(b.Key));
            var stored = await EventSql.StoreAsync(session, [.. rows], ofNewVersions, ct);
            storedKeys.UnionWith(stored);
            return stored.Count == some.Count ? [] : some.FindAll(i => !stored.Contains(posted[i].Key));
        }
    }

    private static bool SameBody(byte[] posted, byte[] stored)
    {
        if (posted.AsSpan().SequenceEqual(stored))
            return true;
        using var one = JsonDocument.Parse(posted);
        using var other = JsonDocument.Parse(stored);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }
}
