using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.Extensions.Options;

namespace IntegratedCare.Population.HighRisk;

/// <summary>The practice declines a proposed person, who is not proposed again until the decline expires.</summary>
internal sealed class DeclineHighRisk(PopulationSession session, RiskModelLibrary models, AccessContext access, IOptions<HighRiskRegisterOptions> options)
    : HighRiskDecision<DeclineHighRisk.Request>(session, models, access)
{
    internal sealed record Request(string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Reason).Reason();
    }

    public override void Configure() => Decision("decline");

    public override Task<OkVersioned<HighRiskRegisterEntry>> ExecuteAsync(Request request, CancellationToken ct) =>
        DecideAsync((entry, by, now, today) => entry.Decline(by, request.Reason!, options.Value.DeclineDays, now, today), ct);
}
