using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Population.RiskModels;

/// <summary>The points of each model version, for set-based scoring; numeric, because an exact sum does not depend on the order of records.</summary>
internal static class RiskModelTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        ModuleTables.Table(schema, "risk_model_feature")
            .With("model text not null", "version int not null", "code text not null", "points numeric not null")
            .Key("model", "version", "code"),
    ];

    /// <summary>Adds a version. An existing version is refused as already existing.</summary>
    public static async Task StoreAsync(this PopulationSession session, RiskModel model, string? organisation, CancellationToken ct)
    {
        session.Insert(new RiskModelVersion(model.Id, model.Version, organisation, model, session.Clock.GetUtcNow()));
        await session.FlushAsync(ct);
        await session.ExecuteAsync(
            "INSERT INTO population.risk_model_feature (model, version, code, points) SELECT $1, $2, * FROM unnest($3, $4)", ct,
            model.Id, model.Version, model.Features.Select(f => f.Code).ToArray(), model.Features.Select(f => f.Points).ToArray());
    }
}
