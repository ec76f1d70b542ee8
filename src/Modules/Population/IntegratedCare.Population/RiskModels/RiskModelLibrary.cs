using System.Collections.Concurrent;
using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Population.RiskModels;

/// <summary>Built-in models and those that partners posted. Versions never change, so they are cached in memory.</summary>
internal sealed class RiskModelLibrary
{
    private readonly ConcurrentDictionary<(string, int), RiskModel> _read = new();

    /// <summary>The newest version of every model, with the organisation that posted it (null: built in).</summary>
    public async Task<IReadOnlyList<(RiskModel Model, string? Organisation)>> ListNewestAsync(PopulationSession session, CancellationToken ct)
    {
        var posted = await session.SelectAsync<RiskModelVersion>(
            """
            where d.id in (
              select distinct on (model) id from population.mt_doc_risk_model where data ->> 'organisation' is not null order by model, number desc)
            """, ct);
        return [.. BuiltInRiskModels.All.Select(m => (m, (string?)null)).Concat(posted.Select(v => (v.Content, v.Organisation)))
            .OrderBy(m => m.Item1.Id, StringComparer.Ordinal)];
    }

    public async Task<(RiskModel Model, string? Organisation)?> FindNewestAsync(PopulationSession session, string id, CancellationToken ct)
    {
        if (BuiltInRiskModels.All.FirstOrDefault(m => m.Id == id) is { } builtIn)
            return (builtIn, null);
        var newest = await session.SelectAsync<RiskModelVersion>(
            "where d.model = ? and d.data ->> 'organisation' is not null order by d.number desc limit 1", ct, id);
        return newest is [var version] ? (version.Content, version.Organisation) : null;
    }

    /// <summary>The model as it was when a run used it.</summary>
    public async Task<RiskModel> ReadAsync(PopulationSession session, string id, int version, CancellationToken ct) =>
        await FindAsync(session, id, version, ct) ?? throw new InvalidOperationException($"Model {id} version {version} was never stored.");

    /// <summary>Stores a built-in model when it is first used, and refuses one that was changed without a new version. Save afterwards.</summary>
    public async Task EnsureStoredAsync(PopulationSession session, RiskModel model, CancellationToken ct)
    {
        var stored = await FindAsync(session, model.Id, model.Version, ct);
        if (stored is null)
        {
            await session.LockAsync($"risk model|{model.Id}", ct);
            stored = await FindAsync(session, model.Id, model.Version, ct);
        }

        if (stored is null)
        {
            await session.StoreAsync(model, null, ct);
        }
        else if (JsonSerializer.Serialize(stored, SharedJson.Storage) != JsonSerializer.Serialize(model, SharedJson.Storage))
        {
            throw new InvalidOperationException(
                $"The built-in model {model.Id} was changed without a new version: scores made with version {model.Version} could no longer be explained.");
        }
    }

    private async Task<RiskModel?> FindAsync(PopulationSession session, string id, int version, CancellationToken ct)
    {
        if (_read.TryGetValue((id, version), out var known))
            return known;
        var found = await session.FirstOrDefaultAsync<RiskModelVersion>(v => v.Model == id && v.Number == version, ct);
        return found is null ? null : _read.GetOrAdd((id, version), found.Content);
    }
}
