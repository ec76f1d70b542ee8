using FluentValidation;
using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.Population.Features.Risk;

/// <summary>
/// A partner's own model: points per ICD-10 code or prefix, added up. Posting an id again makes its next version; scores
/// made with earlier versions stay as they are.
/// </summary>
internal sealed class AddRiskModel : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/population/risk-models", HandleAsync)
            .Access(Scopes.PopulationWrite, [Purposes.RiskStratification, Purposes.PopulationHealth, Purposes.Operations]);

    private static async Task<CreatedVersioned<RiskModelDetail>> HandleAsync(
        AddRiskModelRequest request, PopulationDb db, RiskModelStore models, AccessContext access, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        var newest = await models.NewestAsync(connection, request.Id!, ct);
        if (newest is { } found && found.Organisation != access.Organisation)
            throw new RequestRefused(Problems.AlreadyExists, "Another organisation's model, or a built-in one, has this id.");

        var model = request.ToModel((newest?.Model.Version ?? 0) + 1);
        var faults = RiskModelCheck.Faults(model);
        if (faults.Count > 0)
            throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation, [.. faults.Select(f => new FieldError(f.Pointer, f.Detail))]);
        if (!await models.StoreAsync(connection, model, access.Organisation, ct))
            throw new RequestRefused(Problems.AlreadyExists, "Somebody posted this model at the same moment. Read it, then post again.");
        return Answers.Created($"/v1/population/risk-models/{model.Id}", RiskModelDetail.Of(model, access.Organisation), model.Version);
    }
}

/// <param name="MinimumAge">Nobody younger is scored; 18 if left out.</param>
/// <param name="Missing">What to say of people without admissions, or whose admissions are not coded; zero and not scorable if left out.</param>
internal sealed record AddRiskModelRequest(
    string? Id, string? Title, string? Citation, string? Outcome, string? Horizon, IReadOnlyList<RiskInput>? Inputs, int? LookBackMonths,
    int? MinimumAge, ValidatedFor? Validated, MissingInputs? Missing, string? Caution, IReadOnlyList<RiskBand>? Bands,
    IReadOnlyList<PublishedPerformance>? Performance, IReadOnlyList<RiskFeature>? Features)
{
    public RiskModel ToModel(int version) => new(
        Id!, version, Title!, Citation!, Outcome!, Horizon!, RiskUnit.PersonAtDate, RiskTransform.Sum, Inputs ?? [RiskInput.InpatientDiagnoses], LookBackMonths!.Value,
        MinimumAge ?? Tiers.AdultAge, Validated, Missing ?? new MissingInputs(MissingAnswer.ScoreZero, MissingAnswer.NotScorable), Caution,
        Bands ?? [], Performance ?? [], Features ?? []);
}

internal sealed class AddRiskModelValidator : AbstractValidator<AddRiskModelRequest>
{
    public AddRiskModelValidator()
    {
        RuleFor(r => r.Id).Must(RiskModelCheck.IsId).WithMessage("Kebab-case: lower-case letters, digits and hyphens, at most 80.");
        RuleFor(r => r.Title).NotEmpty().IsText(200);
        RuleFor(r => r.Citation).NotEmpty().WithMessage("Say where the points come from.").IsText(1000);
        RuleFor(r => r.Outcome).NotEmpty().IsText(500);
        RuleFor(r => r.Horizon).NotEmpty().IsText(200);
        RuleFor(r => r.LookBackMonths).NotNull().InclusiveBetween(1, 120);
        RuleFor(r => r.MinimumAge).InclusiveBetween(0, 120);
        RuleFor(r => r.Caution).IsText(2000);
        RuleFor(r => r.Bands).NotEmpty();
        RuleFor(r => r.Features).NotEmpty();
        RuleForEach(r => r.Features).NotNull();
        RuleFor(r => r.Performance).Must(p => p is null || (p.Count <= 100 && p.All(Complete)))
            .WithMessage("At most 100, each with outcome, population, statistic and citation.");
        RuleFor(r => r.Validated).Must(v => v is null || (v.MinimumAge is >= 0 and <= 120 && RiskModelCheck.IsText(v.Population, 500)))
            .WithMessage("An age between 0 and 120 and a population.");
    }

    private static bool Complete(PublishedPerformance? p) =>
        p is not null && RiskModelCheck.IsText(p.Outcome, 300) && RiskModelCheck.IsText(p.Population, 500) && RiskModelCheck.IsText(p.Statistic, 100)
        && RiskModelCheck.IsText(p.Citation, 1000) && (p.Interval95 is null || RiskModelCheck.IsText(p.Interval95, 100));
}
