using System.Collections.Concurrent;
using System.Text.Json;
using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Shared;
using Npgsql;

namespace IntegratedCare.Population.Storage;

/// <summary>Built-in models and those that partners posted. A stored version never changes.</summary>
internal sealed class RiskModelStore(TimeProvider clock)
{
    private readonly ConcurrentDictionary<(string, int), RiskModel> _stored = new();

    /// <summary>The newest version of every model, with the organisation that posted it (null: built in).</summary>
    public async Task<IReadOnlyList<(RiskModel Model, string? Organisation)>> ListAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var models = BuiltInRiskModels.All.Select(m => (m, (string?)null)).ToList();
        await using var command = new NpgsqlCommand(
            "SELECT DISTINCT ON (model) document, organisation FROM population.risk_model WHERE organisation IS NOT NULL ORDER BY model, version DESC", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            models.Add((Read(reader.GetString(0)), reader.GetString(1)));
        return [.. models.OrderBy(m => m.m.Id, StringComparer.Ordinal)];
    }

    public async Task<(RiskModel Model, string? Organisation)?> NewestAsync(NpgsqlConnection connection, string id, CancellationToken ct)
    {
        if (BuiltInRiskModels.All.FirstOrDefault(m => m.Id == id) is { } builtIn)
            return (builtIn, null);
        await using var command = new NpgsqlCommand(
            "SELECT document, organisation FROM population.risk_model WHERE model = $1 AND organisation IS NOT NULL ORDER BY version DESC LIMIT 1", connection)
        {
            Parameters = { new() { Value = id } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (Read(reader.GetString(0)), reader.GetString(1)) : null;
    }

    /// <summary>The model as it was when a run used it.</summary>
    public async Task<RiskModel> StoredAsync(NpgsqlConnection connection, string id, int version, CancellationToken ct)
    {
        if (_stored.TryGetValue((id, version), out var known))
            return known;
        await using var command = new NpgsqlCommand("SELECT document FROM population.risk_model WHERE model = $1 AND version = $2", connection)
        {
            Parameters = { new() { Value = id }, new() { Value = version } },
        };
        var model = Read((string?)await command.ExecuteScalarAsync(ct) ?? throw new InvalidOperationException($"Model {id} version {version} was never stored."));
        return _stored.GetOrAdd((id, version), model);
    }

    /// <summary>Keeps the model for good. False if this version is there already.</summary>
    public async Task<bool> StoreAsync(NpgsqlConnection connection, RiskModel model, string? organisation, CancellationToken ct)
    {
        var document = JsonSerializer.Serialize(model, SharedJson.Storage);
        await using var insert = new NpgsqlCommand(
            """
            WITH stored AS (
              INSERT INTO population.risk_model (model, version, organisation, document, stored_at)
              VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING model, version)
            INSERT INTO population.risk_model_feature (model, version, code, points)
            SELECT s.model, s.version, f.code, f.points FROM stored s CROSS JOIN unnest($6, $7) AS f (code, points)
            """, connection)
        {
            Parameters =
            {
                new() { Value = model.Id },
                new() { Value = model.Version },
                new() { Value = (object?)organisation ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
                new() { Value = document },
                new() { Value = clock.GetUtcNow() },
                new() { Value = model.Features.Select(f => f.Code).ToArray() },
                new() { Value = model.Features.Select(f => f.Points).ToArray() },
            },
        };
        return await insert.ExecuteNonQueryAsync(ct) > 0;
    }

    /// <summary>Keeps a built-in model, and refuses one that was changed without a new version.</summary>
    public async Task EnsureStoredAsync(NpgsqlConnection connection, RiskModel model, CancellationToken ct)
    {
        if (await StoreAsync(connection, model, null, ct))
            return;
        var stored = await StoredAsync(connection, model.Id, model.Version, ct);
        if (JsonSerializer.Serialize(stored, SharedJson.Storage) != JsonSerializer.Serialize(model, SharedJson.Storage))
            throw new InvalidOperationException($"The built-in model {model.Id} was changed without a new version: scores made with version {model.Version} could no longer be explained.");
    }

    private static RiskModel Read(string document) => JsonSerializer.Deserialize<RiskModel>(document, SharedJson.Storage)!;
}
