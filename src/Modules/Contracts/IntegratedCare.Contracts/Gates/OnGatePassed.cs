using IntegratedCare.Commissioning.Events;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Features;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Reactions;

/// <summary>Notes the checkpoints a novel contract has passed; the third one starts it when its day has come. Of agreements that are not here nothing is kept.</summary>
internal sealed class OnGatePassed : Reaction<GatePassed, ContractsDb>
{
    protected override async Task ApplyAsync(ContractsDb db, IReadOnlyList<Delivered<GatePassed>> run, CancellationToken ct)
    {
        var ids = run.Select(d => d.Event.AgreementId).Distinct().ToArray();
        var agreements = await db.Agreements.Where(a => ids.Contains(a.Id)).ToDictionaryAsync(a => a.Id, ct);
        var now = db.Clock.GetUtcNow();
        foreach (var passed in run.Select(d => d.Event).Where(e => e.Checkpoint is >= 1 and <= 3))
        {
            if (agreements.TryGetValue(passed.AgreementId, out var agreement)
                && agreement.Hear(new Gate(passed.Checkpoint, Gate.PassedOutcome, null, passed.DecidedOn, null, null, now, passed.Version), LondonTime.Today(db.Clock)))
                db.Publish(agreement.ToActivated(now));
        }
    }
}
