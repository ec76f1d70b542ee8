using System.Collections.Concurrent;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.RiskShares.Simulations;

/// <summary>
/// A simulation takes a processor for seconds, and anybody may ask for one: a client runs one at a time, and a host no more than half as many
/// as it has processors. A few more wait their turn; beyond that they are asked to come back.
/// </summary>
internal sealed class SimulationTurns
{
    private const int MaxOfClient = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<string, Client> _clients = new();
    private readonly SemaphoreSlim _processors = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>A turn, to be given back by disposing of it; refused with 429 if there is none in time.</summary>
    public async Task<IDisposable> TakeAsync(AccessContext caller, CancellationToken ct)
    {
        var client = _clients.GetOrAdd(caller.ClientId, _ => new Client());
        var turn = new Turn(this, client);
        try
        {
            if (Interlocked.Increment(ref client.Asked) > MaxOfClient)
                throw Refused($"Your client has asked for {MaxOfClient} simulations already. Wait for their answers.");
            turn.OfClient = await client.Running.WaitAsync(Patience, ct);
            turn.OfHost = turn.OfClient && await _processors.WaitAsync(Patience, ct);
            return turn.OfHost ? turn : throw Refused("Other simulations are running. Try again in a few seconds.");
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private static RequestRefused Refused(string detail) => new(Problems.TooManyRequests, detail);

    private sealed class Client
    {
        public readonly SemaphoreSlim Running = new(1);
        public int Asked;
    }

    private sealed class Turn(SimulationTurns turns, Client client) : IDisposable
    {
        public bool OfClient { get; set; }

        public bool OfHost { get; set; }

        public void Dispose()
        {
            if (OfHost)
                turns._processors.Release();
            if (OfClient)
                client.Running.Release();
            Interlocked.Decrement(ref client.Asked);
        }
    }
}
