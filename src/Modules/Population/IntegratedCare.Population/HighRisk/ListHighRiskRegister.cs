using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IntegratedCare.Population.Features.Risk;

/// <summary>A practice's high-risk register: who is proposed, confirmed, declined or has left, with what the model is worth beside it.</summary>
internal sealed class ListHighRiskRegister : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/population/high-risk-register", HandleAsync)
            .Access(Scopes.PopulationRead, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true);

    private static async Task<Ok<HighRiskRegister>> HandleAsync(
        string? practice, string? status, PopulationDb db, RiskModelStore models, IOptions<HighRiskRegisterOptions> options, AccessContext access, HttpContext http,
        [AsParameters] Paging paging, CancellationToken ct)
    {
        practice ??= access.Organisation;
        AccessTable.RequireIdentifiable(access, practice == access.Organisation ? [Relationships.RegisteredPractice] : []);
        var wanted = Statuses(status);
        var after = RiskPaging.Seq(paging);
        var connection = await db.NpgsqlAsync(ct);
        var rows = await HighRiskRegisterEntry.ReadAsync(connection, models,
            "e.practice = $1 AND e.status = ANY ($2) AND e.seq > $3 ORDER BY e.seq LIMIT $4", [practice, wanted, after, paging.Take + 1], ct);
        var page = paging.Answer(http, rows, r => [$"{r.Seq}"]).Value!;
        var run = await Stratification.LatestAsync(connection, options.Value.Model, ct);
        var model = run is null ? (await models.NewestAsync(connection, options.Value.Model, ct))?.Model : await models.StoredAsync(connection, run.Model, run.ModelVersion, ct);
        await db.AuditReadAsync(http, [.. page.Items.Select(i => i.PersonId)], page.Items.Count, ct);
        return TypedResults.Ok(new HighRiskRegister(practice, options.Value.Tier, run?.Id, run?.IndexDate, model is null ? null : RiskModelSummary.Of(model, null), page.Items, page.Next));
    }

    private static string[] Statuses(string? status)
    {
        var all = Enum.GetValues<HighRiskStatus>().Select(s => s.ToString().ToLowerInvariant()).ToArray();
        if (string.IsNullOrEmpty(status))
            return all;
        var wanted = status.Split(',', StringSplitOptions.TrimEntries);
        return wanted.All(all.Contains) ? wanted : throw Problems.Invalid("/status", $"One or more of {string.Join(", ", all)}, separated by commas.");
    }
}

/// <summary>One entry, with its ETag.</summary>
internal sealed class GetHighRiskEntry : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/population/high-risk-register/{entryId:guid}", HandleAsync)
            .Access(Scopes.PopulationRead, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true);

    private static async Task<OkVersioned<HighRiskRegisterEntry>> HandleAsync(
        Guid entryId, PopulationDb db, RiskModelStore models, AccessContext access, HttpContext http, CancellationToken ct)
    {
        AccessTable.RequireIdentifiable(access, Relationships.RegisteredPractice);
        var entry = await HighRiskRegisterEntry.FindAsync(await db.NpgsqlAsync(ct), models, entryId, access.Organisation, ct) ?? throw Problems.Missing();
        await db.AuditReadAsync(http, [entry.PersonId], 1, ct);
        return Answers.Ok(entry, entry.Version);
    }
}

/// <param name="Tier">The widest tier that is proposed; narrower ones are marked in the entries.</param>
/// <param name="Model">The model that feeds the register: source, caution and published performance.</param>
internal sealed record HighRiskRegister(
    string Practice, string Tier, Guid? Run, DateOnly? IndexDate, RiskModelSummary? Model, IReadOnlyList<HighRiskRegisterEntry> Items, string? Next);

/// <param name="Version">The entry's ETag without its quotes: what <c>If-Match</c> takes.</param>
/// <param name="Conditions">What made the score in the entry's run, heaviest first.</param>
internal sealed record HighRiskRegisterEntry(
    Guid EntryId, long Version, Guid PersonId, string NhsNumber, string FamilyName, string GivenName, DateOnly BirthDate, string Sex, string Practice, HighRiskStatus Status,
    string Tier, double Score, string Band, Guid Run, IReadOnlyList<string> Conditions, DateTimeOffset ProposedAt, DateTimeOffset? DecidedAt, string? DecidedBy, string? Reason,
    DateOnly? DeclinedUntil)
{
    internal long Seq { get; init; }

    public static async Task<HighRiskRegisterEntry?> FindAsync(NpgsqlConnection connection, RiskModelStore models, Guid entry, string practice, CancellationToken ct) =>
        (await ReadAsync(connection, models, "e.id = $1 AND e.practice = $2", [entry, practice], ct)).FirstOrDefault();

    public static async Task<List<HighRiskRegisterEntry>> ReadAsync(NpgsqlConnection connection, RiskModelStore models, string where, object[] values, CancellationToken ct)
    {
        var rows = new List<(HighRiskRegisterEntry Entry, string Model, int ModelVersion, string[] Features)>();
        await using (var command = new NpgsqlCommand(
            $"""
            SELECT e.id, e.version, e.person_id, p.nhs_number, p.family_name, p.given_name, p.birth_date, p.sex, e.practice, e.status, e.tier, e.score, e.run_id,
                   e.proposed_at, e.decided_at, e.decided_by, e.reason, e.declined_until, e.seq, r.model, r.model_version, e.features
            FROM population.high_risk_entry e
            JOIN population.person p ON p.id = e.person_id
            JOIN population.stratification r ON r.id = e.run_id
            WHERE {where}
            """, connection))
        {
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var entry = new HighRiskRegisterEntry(
                    reader.GetGuid(0), reader.GetInt64(1), reader.GetGuid(2), reader.GetInt64(3).ToString("D10"), reader.GetString(4), reader.GetString(5), reader.GetFieldValue<DateOnly>(6),
                    reader.GetString(7), reader.GetString(8), Enum.Parse<HighRiskStatus>(reader.GetString(9), true), reader.GetString(10), reader.GetDouble(11), "", reader.GetGuid(12), [],
                    reader.GetFieldValue<DateTimeOffset>(13), reader.IsDBNull(14) ? null : reader.GetFieldValue<DateTimeOffset>(14), reader.IsDBNull(15) ? null : reader.GetString(15),
                    reader.IsDBNull(16) ? null : reader.GetString(16), reader.IsDBNull(17) ? null : reader.GetFieldValue<DateOnly>(17))
                {
                    Seq = reader.GetInt64(18),
                };
                rows.Add((entry, reader.GetString(19), reader.GetInt32(20), reader.GetFieldValue<string[]>(21)));
            }
        }

        var entries = new List<HighRiskRegisterEntry>(rows.Count);
        foreach (var (entry, id, version, features) in rows)
        {
            var model = await models.StoredAsync(connection, id, version, ct);
            var conditions = features.Select(model.Feature).OrderByDescending(f => f.Points).ThenBy(f => f.Code, StringComparer.Ordinal).Select(f => f.Description).ToList();
            entries.Add(entry with { Band = model.BandOf(entry.Score), Conditions = conditions });
        }

        return entries;
    }
}
