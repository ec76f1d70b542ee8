using FluentValidation;
using IntegratedCare.Population.Stratifications;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.RiskModels;

/// <summary>
/// A model of the system's own: points per ICD-10 code or prefix, added up. Posting an id again makes its next version; scores made with
/// earlier versions stay as they are. It counts for everybody, so the operator or an integrated care board adds it.
/// </summary>
internal sealed class AddRiskModel(PopulationSession session, RiskModelLibrary models, AccessContext access)
    : CareEndpoint<AddRiskModel.Request, CreatedVersioned<RiskModelDetail>>
{
    /// <param name="MinimumAge">Nobody younger is scored; 18 if left out.</param>
    /// <param name="Missing">The answer for people without admissions, or whose admissions are not coded; zero and not scorable if left out.</param>
    internal sealed record Request(
        string? Id, string? Title, string? Citation, string? Outcome, string? Horizon, IReadOnlyList<RiskInput>? Inputs, int? LookBackMonths,
        int? MinimumAge, ValidatedFor? Validated, MissingInputs? Missing, string? Caution, IReadOnlyList<RiskBand>? Bands,
        IReadOnlyList<PublishedPerformance>? Performance, IReadOnlyList<RiskFeature>? Features)
    {
        public RiskModel ToModel(int version) => new(
            Id!, version, Title!, Citation!, Outcome!, Horizon!, RiskUnit.PersonAtDate, RiskTransform.Sum, Inputs ?? [RiskInput.InpatientDiagnoses],
            LookBackMonths!.Value, MinimumAge ?? Tiers.AdultAge, Validated, Missing ?? new MissingInputs(MissingAnswer.ScoreZero, MissingAnswer.NotScorable),
            Caution, Bands ?? [], Performance ?? [], Features ?? []);
    }

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Id).Must(RiskModelCheck.IsId).WithMessage("Kebab-case: lower-case letters, digits and hyphens, at most 80.");
            RuleFor(r => r.Title).NotEmpty().FreeTextUpTo(200);
            RuleFor(r => r.Citation).NotEmpty().WithMessage("Say where the points come from.").FreeTextUpTo(1000);
            RuleFor(r => r.Outcome).NotEmpty().FreeTextUpTo(500);
            RuleFor(r => r.Horizon).NotEmpty().FreeTextUpTo(200);
            RuleFor(r => r.LookBackMonths).NotNull().InclusiveBetween(1, 120);
            RuleFor(r => r.MinimumAge).InclusiveBetween(0, 120);
            RuleFor(r => r.Caution).FreeTextUpTo(2000);
            RuleFor(r => r.Bands).NotEmpty();
            RuleFor(r => r.Features).NotEmpty();
            RuleForEach(r => r.Features).NotNull();
            RuleFor(r => r.Performance).Must(p => p is null || (p.Count <= 100 && p.All(Complete)))
                .WithMessage("At most 100, each with outcome, population, statistic and citation.");
            RuleFor(r => r.Validated).Must(v => v is null || (v.MinimumAge is >= 0 and <= 120 && FreeText.IsText(v.Population, 500)))
                .WithMessage("An age between 0 and 120 and a population.");
        }

        private static bool Complete(PublishedPerformance? p) =>
            p is not null && FreeText.IsText(p.Outcome, 300) && FreeText.IsText(p.Population, 500) && FreeText.IsText(p.Statistic, 100)
            && FreeText.IsText(p.Citation, 1000) && (p.Interval95 is null || FreeText.IsText(p.Interval95, 100));
    }

    public override void Configure()
    {
        Post("/v1/population/risk-models");
        Access(PopulationScopes.Write, [Purposes.RiskStratification, Purposes.PopulationHealth, Purposes.Operations],
            kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);
    }

    public override async Task<CreatedVersioned<RiskModelDetail>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var newest = await models.FindNewestAsync(session, request.Id!, ct);
        if (newest is { } found && found.Organisation != access.Organisation)
            throw new RequestRefused(Problems.AlreadyExists, "Another organisation's model, or a built-in one, has this id.");

        var model = request.ToModel((newest?.Model.Version ?? 0) + 1);
        var faults = RiskModelCheck.Faults(model);
        if (faults.Count > 0)
            throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation,
                [.. faults.Select(f => new FieldError(f.Pointer, f.Detail))]);
        await session.StoreAsync(model, access.Organisation, ct);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/population/risk-models/{model.Id}", RiskModelDetail.Of(model, access.Organisation), model.Version);
    }
}
