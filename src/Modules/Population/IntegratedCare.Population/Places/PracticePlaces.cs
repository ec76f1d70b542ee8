using IntegratedCare.Population.Organisations;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Population.Places;

/// <summary>The places flattened for attribution: the locality, place and system of a practice over time. Replaced when a locality changes.</summary>
internal static class PracticePlaces
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        ModuleTables.Table(schema, "practice_place")
            .With("practice text not null", "locality text not null", "place text", "system text", "from_date date not null", "to_date date")
            .Key("practice", "from_date", "locality"),
    ];

    public static async Task<Place?> ParentAsync(this PopulationSession session, string? parent, CancellationToken ct) => parent is null ? null
        : await session.FirstOrDefaultAsync<Place>(p => p.Code == parent, ct)
            ?? throw new RuleViolation(PopulationProblems.UnknownPlace, PopulationProblems.UnknownPlace.Explanation);

    public static async Task RequirePracticesAsync(this PopulationSession session, Place place, CancellationToken ct)
    {
        string[] codes = [.. place.Practices.Select(p => p.Practice).Distinct()];
        if (codes.Length == 0)
            return;
        var known = await session.SelectAsync<Organisation>("where d.code = any(?) and d.kind = ?", ct, codes, OrganisationKinds.GeneralPractice);
        if (known.Count != codes.Length)
            throw new RuleViolation(PopulationProblems.UnknownOrganisation, "Every practice must be registered, with the kind general-practice.");
    }

    /// <summary>
    /// Replaces the flattened memberships of a locality, and publishes the practices that must be attributed again. Does nothing for
    /// other levels.
    /// </summary>
    public static async Task ReplacePracticesAsync(this PopulationSession session, Place locality, Place? place, CancellationToken ct)
    {
        if (locality.Level != Place.LocalityLevel)
            return;
        await session.BeginAsync(ct);
        var touched = locality.Practices.Select(p => p.Practice).ToHashSet(StringComparer.Ordinal);
        await using (var remove = await session.CommandAsync("DELETE FROM population.practice_place WHERE locality = $1 RETURNING practice", ct, locality.Code))
        {
            await using var reader = await remove.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                touched.Add(reader.GetString(0));
        }

        await session.ExecuteAsync(
            """
            INSERT INTO population.practice_place (practice, locality, place, system, from_date, to_date)
            SELECT practice, $1, $2, $3, from_date, to_date FROM unnest($4, $5, $6) AS m (practice, from_date, to_date)
            """, ct, locality.Code, place!.Code, place.Parent!, locality.Practices.Select(p => p.Practice).ToArray(),
            locality.Practices.Select(p => p.From).ToArray(),
            new NpgsqlParameter { Value = locality.Practices.Select(p => p.To).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        session.Publish(new MembershipsChanged([.. touched]));
    }
}
