using System.Buffers.Binary;
using FluentValidation;
using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Stratifications;

/// <summary>Starts a background run that scores and ranks everybody alive and registered at a date, and assigns tiers.</summary>
internal sealed class StartStratification(PopulationSession session, RiskModelLibrary models, StratificationSignal signal, AccessContext access)
    : CareEndpoint<StartStratification.Request, Accepted<Stratification>>
{
    /// <param name="IndexDate">The day people are scored at; today if left out. Earlier than the newest run's: stored, but neither
    /// published nor proposed from.</param>
    /// <param name="Seed">Breaks ties of score, admissions and age; random if left out.</param>
    internal sealed record Request(string? Model, DateOnly? IndexDate, long? Seed);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Model).Must(RiskModelCheck.IsId).WithMessage("The id of a risk model.");
            RuleFor(r => r.Seed).InclusiveBetween(0, SharedJson.MaxExactInteger);
        }
    }

    public override void Configure()
    {
        Post("/v1/population/stratifications");
        // A run drives every practice's register.
        Access(PopulationScopes.Write, [Purposes.RiskStratification, Purposes.Operations],
            kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);
    }

    public override async Task<Accepted<Stratification>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var today = LondonTime.Today(session.Clock);
        var indexDate = request.IndexDate ?? today;
        if (indexDate > today || indexDate.Year < 1950)
            throw Problems.Invalid("/indexDate", "Today or earlier.");
        var (model, organisation) = await models.FindNewestAsync(session, request.Model!, ct)
            ?? throw Problems.Invalid("/model", "No model has this id. See /v1/population/risk-models.");
        if (organisation is null)
            await models.EnsureStoredAsync(session, model, ct);

        var id = Guid.CreateVersion7();
        // The last eight bytes of a version 7 UUID are random.
        var seed = request.Seed ?? (long)(BinaryPrimitives.ReadUInt64BigEndian(id.ToByteArray(bigEndian: true).AsSpan(8)) & SharedJson.MaxExactInteger);
        var run = StratificationRun.Request(id, model.Id, model.Version, indexDate, seed, access.Organisation, session.Clock.GetUtcNow());
        session.Insert(run);
        await session.SaveChangesAsync(ct);
        signal.Raise();
        return TypedResults.Accepted($"/v1/population/stratifications/{id}", Stratification.Of(run));
    }
}
