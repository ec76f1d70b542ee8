using IntegratedCare.Commissioning.Events;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Gates;

/// <summary>
/// Records the checkpoints that a novel contract has passed; the third lets it start. Events of unknown agreements are ignored.
/// </summary>
internal sealed class OnGatePassed : Reaction<GatePassed, ContractsSession>
{
    protected override async Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<GatePassed>> run, CancellationToken ct)
    {
        var agreements = (await session.LockAsync<Agreement>([.. run.Select(d => d.Event.AgreementId).Distinct()], ct)).ToDictionary(a => a.Id);
        var (now, today) = (session.Clock.GetUtcNow(), LondonTime.Today(session.Clock));
        var changed = new HashSet<Guid>();
        foreach (var passed in run.Select(d => d.Event).Where(e => e.Checkpoint is >= 1 and <= 3))
        {
            if (!agreements.TryGetValue(passed.AgreementId, out var agreement))
                continue;
            var (next, activated) = agreement.Apply(new Gate(passed.Checkpoint, Gate.PassedOutcome, null, passed.DecidedOn, null, null, now, passed.Version),
                today);
            if (activated)
                session.Publish(next.ToActivated(now));
            if (!ReferenceEquals(next, agreement))
                changed.Add(next.Id);
            agreements[next.Id] = next;
        }

        foreach (var id in changed)
            session.Update(agreements[id]);
    }
}
