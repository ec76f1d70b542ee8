using System.Buffers.Binary;
using FluentValidation;
using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace IntegratedCare.Population.Features.Risk;

/// <summary>Asks for everybody alive and registered at a date to be scored, ranked and put into tiers. The work is done in the background.</summary>
internal sealed class StartStratification : IEndpoint
{
    /// <summary>Seeds beyond this lose digits in clients that read numbers as doubles.</summary>
    public const long MostSeed = (1L << 53) - 1;

    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/population/stratifications", HandleAsync).Access(
            // A run drives every practice's register.
            Scopes.PopulationWrite, [Purposes.RiskStratification, Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);

    private static async Task<Accepted<Stratification>> HandleAsync(
        StartStratificationRequest request, PopulationDb db, RiskModelStore models, StratificationSignal signal, AccessContext access, CancellationToken ct)
    {
        var today = LondonTime.Today(db.Clock);
        var indexDate = request.IndexDate ?? today;
        if (indexDate > today || indexDate.Year < 1950)
            throw Problems.Invalid("/indexDate", "Today or earlier.");
        var connection = await db.NpgsqlAsync(ct);
        var (model, organisation) = await models.NewestAsync(connection, request.Model!, ct)
            ?? throw Problems.Invalid("/model", "No model has this id. See /v1/population/risk-models.");
        if (organisation is null)
            await models.EnsureStoredAsync(connection, model, ct);

        var id = Guid.CreateVersion7();
        // The last eight bytes of a version 7 UUID are random: a seed nobody chose.
        var seed = request.Seed ?? (long)(BinaryPrimitives.ReadUInt64BigEndian(id.ToByteArray(bigEndian: true).AsSpan(8)) & MostSeed);
        await using (var insert = new NpgsqlCommand(
            "INSERT INTO population.stratification (id, model, model_version, index_date, seed, state, requested_by, created_at) VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7)", connection)
        {
            Parameters =
            {
                new() { Value = id },
                new() { Value = model.Id },
                new() { Value = model.Version },
                new() { Value = indexDate },
                new() { Value = seed },
                new() { Value = access.Organisation },
                new() { Value = db.Clock.GetUtcNow() },
            },
        })
            await insert.ExecuteNonQueryAsync(ct);

        signal.Raise();
        return TypedResults.Accepted($"/v1/population/stratifications/{id}", (await Stratification.FindAsync(connection, id, ct))!);
    }
}

/// <param name="IndexDate">The day people are scored at; today if left out. Earlier than the newest run's: stored, but neither published nor proposed from.</param>
/// <param name="Seed">Settles ties that score, admissions and age leave; drawn at random if left out.</param>
internal sealed record StartStratificationRequest(string? Model, DateOnly? IndexDate, long? Seed);

internal sealed class StartStratificationValidator : AbstractValidator<StartStratificationRequest>
{
    public StartStratificationValidator()
    {
        RuleFor(r => r.Model).Must(RiskModelCheck.IsId).WithMessage("The id of a risk model.");
        RuleFor(r => r.Seed).InclusiveBetween(0, StartStratification.MostSeed);
    }
}
