using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.HighRisk;

/// <summary>The practice removes a confirmed person from its register.</summary>
internal sealed class EndHighRisk(PopulationSession session, RiskModelLibrary models, AccessContext access)
    : HighRiskDecision<EndHighRisk.Request>(session, models, access)
{
    internal sealed record Request(string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Reason).Reason();
    }

    public override void Configure() => Decision("end");

    public override Task<OkVersioned<HighRiskRegisterEntry>> ExecuteAsync(Request request, CancellationToken ct) =>
        DecideAsync((entry, by, now, today) => entry.End(by, request.Reason!, now, today), ct);
}
