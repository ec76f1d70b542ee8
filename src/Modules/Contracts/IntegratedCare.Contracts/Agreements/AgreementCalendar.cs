using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using JasperFx;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// Makes signed agreements active on their first day in London, lets variations take effect, parties leave, and ends agreements
/// after their last day.
/// </summary>
internal sealed partial class AgreementCalendar(ModuleSessions<ContractsSession> sessions, TimeProvider clock, ILogger<AgreementCalendar> log)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>Advances every agreement that is due. Each is saved on its own; if two hosts advance the same one, the second save is refused.</summary>
    public async Task AdvanceAsync(CancellationToken ct)
    {
        var today = LondonTime.Today(clock);
        foreach (var id in await DueAsync(today, ct))
        {
            await using var session = sessions.Open();
            var (next, activated) = (await session.AgreementAsync(id, ct)).Advance(today);
            session.Update(next);
            if (activated)
                session.Publish(next.ToActivated(clock.GetUtcNow()));
            try
            {
                await session.SaveChangesAsync(ct);
            }
            catch (ConcurrencyException)
            {
                // Another host has advanced it, or a party has changed it: it is loaded again in the next round.
            }
        }
    }

    private async Task<IReadOnlyList<Guid>> DueAsync(DateOnly today, CancellationToken ct)
    {
        await using var session = sessions.Open();
        await using var command = await session.CommandAsync("SELECT id FROM contracts.mt_doc_agreement WHERE due_on <= $1 ORDER BY due_on, id LIMIT 1000",
            ct, today);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var due = new List<Guid>();
        while (await reader.ReadAsync(ct))
            due.Add(reader.GetGuid(0));
        return due;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        do
        {
            try
            {
                await AdvanceAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(log, SafeError.Describe(error));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Agreements were not moved on with the calendar: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}
