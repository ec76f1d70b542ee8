using System.Collections.Concurrent;
using IntegratedCare.Shared.Access;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace IntegratedCare.Population.Organisations;

/// <summary>The registered kind of every organisation, kept in memory, because every request needs one. Changes on other hosts arrive within seconds.</summary>
internal sealed class OrganisationKindCache(NpgsqlDataSource source, TimeProvider clock) : BackgroundService, IOrganisationKinds
{
    private readonly ConcurrentDictionary<string, string> _kinds = new();

    public string? KindOf(string organisation) => _kinds.GetValueOrDefault(organisation);

    public bool IsPractice(string organisation) => KindOf(organisation) == OrganisationKinds.GeneralPractice;

    public void Set(string organisation, string kind) => _kinds[organisation] = kind;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(3), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await RefreshAsync(stoppingToken);
                }
                catch (NpgsqlException)
                {
                    // Health reports it; the kinds in memory are used until the database is back.
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task RefreshAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT code, kind FROM population.mt_doc_organisation");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            _kinds[reader.GetString(0)] = reader.GetString(1);
    }
}
