using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Makes signed agreements active on their first day in London, lets variations take effect, parties leave, and ends agreements
/// after their last day.
/// </summary>
internal sealed partial class AgreementCalendar(IServiceScopeFactory scopes, TimeProvider clock, ILogger<AgreementCalendar> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>Moves every agreement whose day has come. Each is saved by itself; hosts that meet on one leave it to the faster.</summary>
    public async Task<int> AdvanceAsync(CancellationToken ct)
    {
        var today = LondonTime.Today(clock);
        var moved = 0;
        List<Guid> due;
        await using (var scope = scopes.CreateAsyncScope())
        {
            due = await scope.ServiceProvider.GetRequiredService<ContractsDb>().Agreements
                .Where(a => a.DueOn <= today)
                .OrderBy(a => a.DueOn).ThenBy(a => a.Id).Take(1000).Select(a => a.Id).ToListAsync(ct);
        }

        foreach (var id in due)
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ContractsDb>();
            var agreement = await db.Agreements.SingleAsync(a => a.Id == id, ct);
            if (agreement.Advance(today))
                db.Publish(agreement.ToActivated(clock.GetUtcNow()));
            try
            {
                moved += await db.SaveChangesAsync(ct);
            }
            catch (DbUpdateConcurrencyException)
            {
                // Another host has moved it, or a party has changed it: it is looked at again next time.
            }
        }

        return moved;
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
