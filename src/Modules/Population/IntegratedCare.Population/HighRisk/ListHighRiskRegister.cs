using System.Globalization;
using IntegratedCare.Population.RiskModels;
using IntegratedCare.Population.Stratifications;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace IntegratedCare.Population.HighRisk;

/// <summary>A practice's high-risk register: persons proposed, confirmed, declined or ended, with the model's published performance.</summary>
internal sealed class ListHighRiskRegister(PopulationSession session, RiskModelLibrary models, IOptions<HighRiskRegisterOptions> options, AccessContext access)
    : CareEndpoint<ListHighRiskRegister.Request, Ok<HighRiskRegister>>
{
    /// <param name="Practice">The practice whose register is read; the caller's own unless named.</param>
    /// <param name="Status">One or more of proposed, confirmed, declined, ended and withdrawn, separated by commas; all unless named.</param>
    internal sealed record Request(string? Practice, string? Status);

    /// <summary>The handler checks the status, after access: a refused caller learns nothing about it.</summary>
    internal sealed class Rules : RequestRules<Request>;

    public override void Configure()
    {
        Get("/v1/population/high-risk-register");
        Access(PopulationScopes.Read, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true);
        Paged();
    }

    public override async Task<Ok<HighRiskRegister>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var practice = request.Practice ?? access.Organisation;
        AccessTable.RequireIdentifiable(access, practice == access.Organisation ? [Relationships.RegisteredPractice] : []);
        var wanted = Statuses(request.Status);
        var after = Paging.Position(1) is not { } position ? 0
            : long.TryParse(position[0], CultureInfo.InvariantCulture, out var seq) ? seq
            : throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
        var rows = await HighRiskRegisterEntry.ReadAsync(session, models,
            "e.practice = $1 AND e.status = ANY ($2) AND e.seq > $3 ORDER BY e.seq LIMIT $4", [practice, wanted, after, Paging.Take + 1], ct);
        var page = Paging.Answer(HttpContext, rows, r => [$"{r.Seq}"]).Value!;
        var run = (await session.SelectAsync<StratificationRun>("where d.model = ? and d.latest order by d.id desc limit 1", ct, options.Value.Model))
            .FirstOrDefault();
        var model = run is null ? (await models.FindNewestAsync(session, options.Value.Model, ct))?.Model
            : await models.ReadAsync(session, run.Model, run.ModelVersion, ct);
        await session.AuditReadAsync(HttpContext, [.. page.Items.Select(i => i.PersonId)], page.Items.Count, ct);
        return TypedResults.Ok(new HighRiskRegister(
            practice, options.Value.Tier, run?.Id, run?.IndexDate, model is null ? null : RiskModelSummary.Of(model, null), page.Items, page.Next));
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

/// <param name="Tier">The widest tier that is proposed; narrower ones are marked in the entries.</param>
/// <param name="Model">The model that feeds the register: source, caution and published performance.</param>
internal sealed record HighRiskRegister(
    string Practice, string Tier, Guid? Run, DateOnly? IndexDate, RiskModelSummary? Model, IReadOnlyList<HighRiskRegisterEntry> Items, string? Next);
