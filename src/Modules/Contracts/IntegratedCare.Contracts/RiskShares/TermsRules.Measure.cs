using IntegratedCare.Contracts.Spend;
using IntegratedCare.Shared.Calendar;

namespace IntegratedCare.Contracts.RiskShares;

/// <content>What is measured, and against which benchmark.</content>
internal sealed partial class TermsRules
{
    /// <summary>
    /// The coefficient of variation of one person's yearly cost that the minimum savings rates of 42 CFR 425.605(b) imply: 3.9 % at 5,000
    /// persons is reached by chance with probability 0.10, and 0.039 x sqrt(5000) / 1.2816 = 2.15.
    /// </summary>
    private const decimal ImpliedVariation = 2.15m;

    private MeasureTerms Measure(string? system)
    {
        var measure = _draft.Measure ?? new MeasureDraft();
        var source = _faults.OneOf("measure/source", measure.Source ?? MeasureTerms.PublishedMetric, MeasureTerms.PublishedMetric, MeasureTerms.CareCosts,
            MeasureTerms.Given);
        var areaKind = _faults.OneOf("measure/areaKind", measure.AreaKind ?? CostScope.System, CostScope.System, CostScope.Place, CostScope.Locality,
            CostScope.Practice);
        var area = _faults.Code("measure/area", measure.Area ?? (areaKind == CostScope.System ? system : null));
        if (source == MeasureTerms.PublishedMetric && areaKind == CostScope.Place)
            _faults.Add("measure/areaKind", "Metrics are published by system, locality and practice, not by place.");
        if (source == MeasureTerms.CareCosts && !_inMoney)
            _faults.Add("measure/source", "Care costs are money: the form is cost-against-benchmark.");
        var metric = source == MeasureTerms.PublishedMetric ? _faults.Code("measure/metric", measure.Metric) : source;
        if (source != MeasureTerms.CareCosts)
        {
            if (measure.Costs is not null)
                _faults.Add("measure/costs", "Only with the source costs.");
            return new MeasureTerms(metric, areaKind, area, source);
        }

        var costs = measure.Costs ?? new CostsDraft();
        if (costs.AgeFrom is < 0 or > 150)
            _faults.Add("measure/costs/ageFrom", "Between 0 and 150.");
        if (costs.AgeTo is < 0 or > 150 || costs.AgeTo < costs.AgeFrom)
            _faults.Add("measure/costs/ageTo", "Between 0 and 150, and not below ageFrom.");
        var counted = new CostTerms(
            Codes("kinds", costs.Kinds), Codes("admissionMethods", costs.AdmissionMethods), Codes("patientClasses", costs.PatientClasses),
            Codes("excludedProviders", costs.ExcludedProviders), costs.AgeFrom, costs.AgeTo,
            costs.TruncateAt is null ? null : _faults.Number("measure/costs/truncateAt", costs.TruncateAt, 1, 1_000_000_000, 2),
            _faults.OneOf("measure/costs/valuedAt", costs.ValuedAt ?? CostTerms.Price, CostTerms.Price, CostTerms.ActualCost));
        var measured = new MeasureTerms(metric, areaKind, area, source, counted);
        var scope = counted.Scope(measured);
        if (scope.Fault() is { } fault)
            _faults.Add("measure/costs", fault);
        else if (scope.Bands() is null)
            _faults.Add("measure/costs", "Persons are counted in five-year bands: ages begin at a multiple of five and end one year below one, or are open.");
        return measured;

        List<string> Codes(string name, IReadOnlyList<string?>? codes)
        {
            if (codes is { Count: > 100 })
                _faults.Add($"measure/costs/{name}", "At most 100.");
            return [.. (codes ?? []).Take(100).Select((code, i) => _faults.Code($"measure/costs/{name}/{i}", code)).Distinct().Order(StringComparer.Ordinal)];
        }
    }

    private BenchmarkTerms Benchmark()
    {
        var benchmark = _draft.Benchmark ?? new BenchmarkDraft();
        var max = _inMoney ? MaxMoney : MaxActivity;
        var places = _inMoney ? _moneyPlaces : 2;
        var kind = _faults.OneOf("benchmark/kind", benchmark.Kind ?? BenchmarkTerms.Fixed, BenchmarkTerms.Fixed, BenchmarkTerms.Historical,
            BenchmarkTerms.Peer, BenchmarkTerms.Given);
        var perQuarter = benchmark.PerQuarter is null ? (decimal?)null : _faults.Number("benchmark/perQuarter", benchmark.PerQuarter, 0.01m, max, places);
        var periods = BenchmarkPeriods(benchmark, max, places);
        var years = BaseYears(benchmark, max, places);
        if (kind == BenchmarkTerms.Fixed && perQuarter is null && periods.Count == 0)
            _faults.Add("benchmark", "Name what is expected per quarter, or for periods.");
        if (kind != BenchmarkTerms.Fixed && (perQuarter is not null || periods.Count > 0))
            _faults.Add("benchmark", $"A {kind} benchmark has no perQuarter or periods.");
        if (kind == BenchmarkTerms.Historical && years.Count == 0)
            _faults.Add("benchmark/baseYears", "A historical benchmark needs its base years.");
        if (kind != BenchmarkTerms.Historical && (years.Count > 0 || benchmark.PerHead == true || benchmark.PeerWeight is not null))
            _faults.Add("benchmark", "Base years, perHead and peerWeight belong to a historical benchmark.");
        var peer = kind == BenchmarkTerms.Peer || benchmark.PeerPerHead is not null
            ? _faults.Number("benchmark/peerPerHead", benchmark.PeerPerHead, 0.000001m, max, 6) : (decimal?)null;
        if (peer is not null && kind is BenchmarkTerms.Fixed or BenchmarkTerms.Given)
            _faults.Add("benchmark/peerPerHead", "Only in a peer or historical benchmark.");
        if (kind == BenchmarkTerms.Historical && peer is not null && benchmark.PerHead != true)
            _faults.Add("benchmark/perHead", "Own history is blended with the peers' rate per head, so it must be per head too.");
        var weight = kind == BenchmarkTerms.Historical && peer is not null ? _faults.Number("benchmark/peerWeight", benchmark.PeerWeight, 0, 1, 6)
            : (decimal?)null;
        if (benchmark.PeerWeight is not null && peer is null)
            _faults.Add("benchmark/peerWeight", "There is no peer rate to weigh.");
        var need = benchmark.NeedCap is null ? (decimal?)null : _faults.Number("benchmark/needCap", benchmark.NeedCap, 0, 1, 6);
        return new BenchmarkTerms(perQuarter, periods, kind, years.Count == 0 ? null : years, benchmark.PerHead == true, peer, weight, need);
    }

    private List<BenchmarkPeriod> BenchmarkPeriods(BenchmarkDraft benchmark, decimal max, int places)
    {
        var list = new List<BenchmarkPeriod>();
        foreach (var (i, item) in _faults.Items("benchmark/periods", benchmark.Periods, 400))
        {
            if (Period.Parse(item.Period) is null)
                _faults.Add($"benchmark/periods/{i}/period", Period.Shapes);
            else if (list.Any(p => p.Period == item.Period))
                _faults.Add($"benchmark/periods/{i}/period", "Named twice.");
            list.Add(new(item.Period ?? "", _faults.Number($"benchmark/periods/{i}/activity", item.Activity, 0.01m, max, places)));
        }

        return list;
    }

    private List<BaseYear> BaseYears(BenchmarkDraft benchmark, decimal max, int places)
    {
        var list = new List<BaseYear>();
        foreach (var (i, item) in _faults.Items("benchmark/baseYears", benchmark.BaseYears, 10))
        {
            var at = $"benchmark/baseYears/{i}";
            var label = _faults.Code($"{at}/label", item.Label);
            if (list.Any(y => y.Label == label))
                _faults.Add($"{at}/label", "Named twice.");
            if (benchmark.PerHead != true && item.Persons is not null)
                _faults.Add($"{at}/persons", "Only where the benchmark is per head.");
            list.Add(new(label, _faults.Number($"{at}/amount", item.Amount, 0.01m, max, places),
                benchmark.PerHead == true ? _faults.Number($"{at}/persons", item.Persons, 1, 100_000_000, 2) : null,
                _faults.Number($"{at}/trend", item.Trend ?? 1, 0.01m, 100, 6), _faults.Number($"{at}/weight", item.Weight, 0, 1, 6)));
        }

        if (list.Count > 0 && list.Sum(y => y.Weight) != 1)
            _faults.Add("benchmark/baseYears", "The weights of the base years do not sum to 1.");
        return list;
    }
}
