using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>Validates and completes risk-share terms. Finds all faults at once, each with its JSON pointer.</summary>
internal sealed partial class TermsRules
{
    private const decimal MaxActivity = 10_000_000;
    private const decimal MaxPrice = 10_000_000;
    private const decimal MaxMoney = 1_000_000_000_000;
    private const int MaxParties = 100;
    private const int MaxBands = 50;

    private readonly Faults _faults;
    private readonly TermsDraft _draft;
    private readonly IReadOnlyList<Party> _parties;
    private readonly bool _inMoney;
    private readonly int _moneyPlaces;

    private TermsRules(TermsDraft draft, IReadOnlyList<Party> parties, Faults faults)
    {
        _draft = draft;
        _parties = parties;
        _faults = faults;
        _inMoney = draft.Form == RiskShareTerms.CostAgainstBenchmark;
        _moneyPlaces = draft.MoneyPlaces == 0 ? 0 : 2;
    }

    /// <summary>A party that may be named in the terms, and its role.</summary>
    public sealed record Party(string Organisation, string Role);

    public static RiskShareTerms Complete(TermsDraft draft, Preset? preset, Agreement agreement) =>
        Complete(draft, preset, [.. agreement.Parties.Select(p => new Party(p.Organisation, p.Role))], agreement.System);

    /// <summary>The terms in full, or a refusal with every fault.</summary>
    public static RiskShareTerms Complete(TermsDraft draft, Preset? preset, IReadOnlyList<Party> parties, string? system, string at = "/terms")
    {
        var faults = new Faults(at);
        preset ??= Preset.Find(draft.Preset);
        if (draft.Preset is not null && draft.Preset != preset?.Code)
            faults.Add("preset", $"One of: {string.Join(", ", Preset.All.Select(p => p.Code))}; and the same as the one beside the terms.");
        var merged = preset is null ? draft : draft.WithDefaults(preset.Terms with { Form = preset.Form });
        var terms = new TermsRules(merged, parties, faults).Complete(preset?.Code ?? draft.Preset, system);
        faults.ThrowIfAny(ContractsProblems.MeaninglessTerms);
        return terms.Normalised();
    }

    private RiskShareTerms Complete(string? preset, string? system)
    {
        var form = _faults.OneOf("form", _draft.Form ?? RiskShareTerms.ActivityAgainstBenchmark, RiskShareTerms.ActivityAgainstBenchmark,
            RiskShareTerms.CostAgainstBenchmark);
        var currency = _faults.OneOf("currency", _draft.Currency ?? "GBP", "GBP", "EUR", "USD");
        if (_draft.MoneyPlaces is not (null or 0 or 2))
            _faults.Add("moneyPlaces", "2, to the penny, or 0, to whole pounds or dollars.");
        var measure = Measure(system);
        var benchmark = Benchmark();
        var quality = Quality();
        var sharing = Sharing(quality);
        var corridors = Corridors(sharing);
        var limits = Limits();
        var division = Division();
        var multipliers = _faults.Each("multipliers", _draft.Multipliers, 10, m => m.Code, "code",
            (m, at) => new Multiplier(m.Code ?? "", _faults.Number($"{at}/factor", m.Factor, 0, 10, 6), To($"{at}/appliesTo", m.AppliesTo)));
        var adjustments = _faults.Each("adjustments", _draft.Adjustments, 10, a => a.Code, "code",
            (a, at) => new AdjustmentTerms(a.Code ?? "", To($"{at}/appliesTo", a.AppliesTo),
                _faults.OneOf($"{at}/kind", a.Kind ?? AdjustmentTerms.Amount, AdjustmentTerms.Amount, AdjustmentTerms.Affected) == AdjustmentTerms.Affected
                    ? AdjustmentTerms.Affected : null));
        var steps = _faults.Each("stepCosts", _draft.StepCosts, 20, s => s.Code, "code",
            (s, at) => new StepCost(s.Code ?? "", _faults.Number($"{at}/size", s.Size, 0.01m, MaxMoney, 2),
                _faults.Number($"{at}/cost", s.Cost, 0, MaxMoney, 2)));

        foreach (var (list, codes) in new[] { ("multipliers", multipliers.ConvertAll(m => m.Code)), ("adjustments", adjustments.ConvertAll(a => a.Code)) })
        {
            foreach (var (i, code) in codes.Index().Where(c => Steps.Reserved.Contains(c.Item)))
                _faults.Add($"{list}/{i}/code", $"{code} names a step of the calculation, whose line it would be taken for.");
        }

        return new RiskShareTerms(
            form, preset, currency, _moneyPlaces, measure, benchmark,
            Only("unitPrice", _draft.UnitPrice, !_inMoney, 0.01m, MaxPrice, 2), Only("marginalCost", _draft.MarginalCost, !_inMoney, 0, MaxPrice, 2),
            _inMoney ? _faults.Number("marginalCostShare", _draft.MarginalCostShare, 0, 1, 6) : None("marginalCostShare", _draft.MarginalCostShare),
            steps, Threshold(corridors, corridors.Count == 0 && sharing is { Loss: null }), corridors, sharing, quality, multipliers, limits, adjustments,
            Order(sharing is not null || corridors.Count > 0, quality, multipliers, limits, adjustments), division, Shares(division), Payer(),
            _faults.Code("fund", _draft.Fund), _draft.FundId, _faults.Code("system", _draft.System ?? system),
            _faults.Number("coefficientOfVariation", _draft.CoefficientOfVariation ?? ImpliedVariation, 0.01m, 100, 6),
            _faults.OneOf("openBook", _draft.OpenBook ?? RiskShareTerms.AllLines, RiskShareTerms.AllLines, RiskShareTerms.OwnLines));
    }

    private string To(string pointer, string? value) => _faults.OneOf(pointer, value ?? "gain", "gain", "loss", "both");

    /// <summary>A number of the activity form; 0 in the money form.</summary>
    private decimal Only(string pointer, decimal? value, bool belongs, decimal min, decimal max, int places)
    {
        if (belongs)
            return _faults.Number(pointer, value, min, max, places);
        if (value is not (null or 0))
            _faults.Add(pointer, "Only where the result is measured as activity.");
        return 0;
    }

    private decimal? None(string pointer, decimal? value)
    {
        if (value is not null)
            _faults.Add(pointer, "Only where the result is measured in money.");
        return null;
    }
}
