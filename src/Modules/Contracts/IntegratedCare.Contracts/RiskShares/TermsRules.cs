using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.Spend;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>Which terms make sense. All faults are found at once, each with its JSON pointer.</summary>
internal sealed class TermsRules
{
    private const decimal MostActivity = 10_000_000;
    private const decimal MostPrice = 10_000_000;
    private const decimal MostMoney = 1_000_000_000_000;
    private const int MostParties = 100;
    private const int MostBands = 50;

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

    /// <summary>Who may be named in the terms, and in which role.</summary>
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
        var merged = preset is null ? draft : draft.Over(preset.Terms with { Form = preset.Form });
        var terms = new TermsRules(merged, parties, faults).Complete(preset?.Code ?? draft.Preset, system);
        faults.ThrowIfAny(ContractsProblems.MeaninglessTerms);
        return terms.Normalised();
    }

    private RiskShareTerms Complete(string? preset, string? system)
    {
        var form = _faults.OneOf("form", _draft.Form ?? RiskShareTerms.ActivityAgainstBenchmark, RiskShareTerms.ActivityAgainstBenchmark, RiskShareTerms.CostAgainstBenchmark);
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
        var multipliers = Named(_draft.Multipliers, "multipliers", 10, (m, at) => new Multiplier(m.Code ?? "", _faults.Number($"{at}/factor", m.Factor, 0, 10, 6), To($"{at}/appliesTo", m.AppliesTo)), m => m.Code);
        var adjustments = Named(_draft.Adjustments, "adjustments", 10, (a, at) => new AdjustmentTerms(a.Code ?? "", To($"{at}/appliesTo", a.AppliesTo),
            _faults.OneOf($"{at}/kind", a.Kind ?? AdjustmentTerms.Amount, AdjustmentTerms.Amount, AdjustmentTerms.Affected) == AdjustmentTerms.Affected ? AdjustmentTerms.Affected : null), a => a.Code);
        var steps = Named(_draft.StepCosts, "stepCosts", 20, (s, at) => new StepCost(s.Code ?? "", _faults.Number($"{at}/size", s.Size, 0.01m, MostMoney, 2), _faults.Number($"{at}/cost", s.Cost, 0, MostMoney, 2)), s => s.Code);

        foreach (var (list, codes) in new[] { ("multipliers", multipliers.ConvertAll(m => m.Code)), ("adjustments", adjustments.ConvertAll(a => a.Code)) })
        {
            foreach (var (i, code) in codes.Index().Where(c => Steps.Words.Contains(c.Item)))
                _faults.Add($"{list}/{i}/code", $"{code} names a step of the calculation, whose line it would be taken for.");
        }

        return new RiskShareTerms(
            form, preset, currency, _moneyPlaces, measure, benchmark,
            Only("unitPrice", _draft.UnitPrice, !_inMoney, 0.01m, MostPrice, 2), Only("marginalCost", _draft.MarginalCost, !_inMoney, 0, MostPrice, 2),
            _inMoney ? _faults.Number("marginalCostShare", _draft.MarginalCostShare, 0, 1, 6) : None("marginalCostShare", _draft.MarginalCostShare),
            steps, Threshold(corridors, corridors.Count == 0 && sharing is { Loss: null }), corridors, sharing, quality, multipliers, limits, adjustments,
            Order(sharing is not null || corridors.Count > 0, quality, multipliers, limits, adjustments), division, Shares(division), Payer(),
            _faults.Code("fund", _draft.Fund), _faults.Code("system", _draft.System ?? system),
            _faults.Number("coefficientOfVariation", _draft.CoefficientOfVariation ?? ImpliedVariation, 0.01m, 100, 6),
            _faults.OneOf("openBook", _draft.OpenBook ?? RiskShareTerms.AllLines, RiskShareTerms.AllLines, RiskShareTerms.OwnLines));
    }

    /// <summary>
    /// Of one person's yearly cost. What the minimum savings rates of 42 CFR 425.605(b) imply: 3.9 % at 5,000 persons is met by chance
    /// with probability 0.10, and 0.039 x sqrt(5000) / 1.2816 = 2.15.
    /// </summary>
    private const decimal ImpliedVariation = 2.15m;

    private MeasureTerms Measure(string? system)
    {
        var measure = _draft.Measure ?? new MeasureDraft();
        var source = _faults.OneOf("measure/source", measure.Source ?? MeasureTerms.PublishedMetric, MeasureTerms.PublishedMetric, MeasureTerms.CareCosts, MeasureTerms.Given);
        var areaKind = _faults.OneOf("measure/areaKind", measure.AreaKind ?? CostScope.System, CostScope.System, CostScope.Place, CostScope.Locality, CostScope.Practice);
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
            Codes("kinds", costs.Kinds), Codes("admissionMethods", costs.AdmissionMethods), Codes("patientClasses", costs.PatientClasses), Codes("excludedProviders", costs.ExcludedProviders), costs.AgeFrom, costs.AgeTo,
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
        var most = _inMoney ? MostMoney : MostActivity;
        var places = _inMoney ? _moneyPlaces : 2;
        var kind = _faults.OneOf("benchmark/kind", benchmark.Kind ?? BenchmarkTerms.Fixed, BenchmarkTerms.Fixed, BenchmarkTerms.Historical, BenchmarkTerms.Peer, BenchmarkTerms.Given);
        var perQuarter = benchmark.PerQuarter is null ? (decimal?)null : _faults.Number("benchmark/perQuarter", benchmark.PerQuarter, 0.01m, most, places);
        var periods = BenchmarkPeriods(benchmark, most, places);
        var years = BaseYears(benchmark, most, places);
        if (kind == BenchmarkTerms.Fixed && perQuarter is null && periods.Count == 0)
            _faults.Add("benchmark", "Name what is expected per quarter, or for periods.");
        if (kind != BenchmarkTerms.Fixed && (perQuarter is not null || periods.Count > 0))
            _faults.Add("benchmark", $"A {kind} benchmark has no perQuarter or periods.");
        if (kind == BenchmarkTerms.Historical && years.Count == 0)
            _faults.Add("benchmark/baseYears", "A historical benchmark needs its base years.");
        if (kind != BenchmarkTerms.Historical && (years.Count > 0 || benchmark.PerHead == true || benchmark.PeerWeight is not null))
            _faults.Add("benchmark", "Base years, perHead and peerWeight belong to a historical benchmark.");
        var peer = kind == BenchmarkTerms.Peer || benchmark.PeerPerHead is not null ? _faults.Number("benchmark/peerPerHead", benchmark.PeerPerHead, 0.000001m, most, 6) : (decimal?)null;
        if (peer is not null && kind is BenchmarkTerms.Fixed or BenchmarkTerms.Given)
            _faults.Add("benchmark/peerPerHead", "Only in a peer or historical benchmark.");
        if (kind == BenchmarkTerms.Historical && peer is not null && benchmark.PerHead != true)
            _faults.Add("benchmark/perHead", "Own history is blended with the peers' rate per head, so it must be per head too.");
        var weight = kind == BenchmarkTerms.Historical && peer is not null ? _faults.Number("benchmark/peerWeight", benchmark.PeerWeight, 0, 1, 6) : (decimal?)null;
        if (benchmark.PeerWeight is not null && peer is null)
            _faults.Add("benchmark/peerWeight", "There is no peer rate to weigh.");
        var need = benchmark.NeedCap is null ? (decimal?)null : _faults.Number("benchmark/needCap", benchmark.NeedCap, 0, 1, 6);
        return new BenchmarkTerms(perQuarter, periods, kind, years.Count == 0 ? null : years, benchmark.PerHead == true, peer, weight, need);
    }

    private List<BenchmarkPeriod> BenchmarkPeriods(BenchmarkDraft benchmark, decimal most, int places)
    {
        var list = new List<BenchmarkPeriod>();
        foreach (var (i, item) in Limited("benchmark/periods", benchmark.Periods, 400))
        {
            if (SettlementPeriod.Parse(item.Period) is null)
                _faults.Add($"benchmark/periods/{i}/period", SettlementPeriod.Shapes);
            else if (list.Any(p => p.Period == item.Period))
                _faults.Add($"benchmark/periods/{i}/period", "Named twice.");
            list.Add(new(item.Period ?? "", _faults.Number($"benchmark/periods/{i}/activity", item.Activity, 0.01m, most, places)));
        }

        return list;
    }

    private List<BaseYear> BaseYears(BenchmarkDraft benchmark, decimal most, int places)
    {
        var list = new List<BaseYear>();
        foreach (var (i, item) in Limited("benchmark/baseYears", benchmark.BaseYears, 10))
        {
            var at = $"benchmark/baseYears/{i}";
            var label = _faults.Code($"{at}/label", item.Label);
            if (list.Any(y => y.Label == label))
                _faults.Add($"{at}/label", "Named twice.");
            if (benchmark.PerHead != true && item.Persons is not null)
                _faults.Add($"{at}/persons", "Only where the benchmark is per head.");
            list.Add(new(label, _faults.Number($"{at}/amount", item.Amount, 0.01m, most, places), benchmark.PerHead == true ? _faults.Number($"{at}/persons", item.Persons, 1, 100_000_000, 2) : null,
                _faults.Number($"{at}/trend", item.Trend ?? 1, 0.01m, 100, 6), _faults.Number($"{at}/weight", item.Weight, 0, 1, 6)));
        }

        if (list.Count > 0 && list.Sum(y => y.Weight) != 1)
            _faults.Add("benchmark/baseYears", "The weights of the base years do not sum to 1.");
        return list;
    }

    /// <param name="oneSided">Nothing of a loss is shared, so that a minimum loss rate says nothing.</param>
    private ThresholdTerms Threshold(List<Corridor> corridors, bool oneSided)
    {
        var threshold = _draft.Threshold ?? new ThresholdDraft();
        var sharing = _faults.OneOf("threshold/sharing", threshold.Sharing ?? ThresholdTerms.FirstPound, ThresholdTerms.FirstPound, ThresholdTerms.ExcessOnly);
        var table = SizeTable(threshold.BySize);
        var saving = _faults.Number("threshold/minimumSavingsRate", threshold.MinimumSavingsRate ?? (table is null ? null : 0), 0, 1, 6);
        var loss = 0m;
        if (threshold.MinimumLossRate is null && !oneSided && table?.Losses != true)
            _faults.Add("threshold/minimumLossRate", table is null ? "Missing: it is named beside minimumSavingsRate, and in symmetric terms is the same." : "Missing: name it, or let losses follow the table too (bySize with losses true).");
        else
            loss = _faults.Number("threshold/minimumLossRate", threshold.MinimumLossRate ?? 0, 0, 1, 6);
        if (table is not null && (saving != 0 || (table.Losses && loss != 0)))
            _faults.Add("threshold/bySize", "The rates follow from the table, so none is named beside it.");
        var below = threshold.BelowMinimum is { } b ? new BelowMinimum(_faults.Number("threshold/belowMinimum/factor", b.Factor, 0, 1, 6)) : null;
        if (sharing == ThresholdTerms.ExcessOnly)
        {
            if (corridors.Count > 0)
                _faults.Add("threshold/sharing", "Corridors say from where each part counts; excess-only would leave it out twice.");
            if (below is not null)
                _faults.Add("threshold/belowMinimum", "With excess-only nothing below the minimum can be shared.");
        }

        if (below is not null && corridors.Count > 0)
            _faults.Add("threshold/belowMinimum", "Corridors carry the rates, also for small savings.");
        return new ThresholdTerms(saving, loss, sharing, table, below);
    }

    private SizeTable? SizeTable(SizeTableDraft? draft)
    {
        if (draft is null)
            return null;
        var named = NamedSizeTable.Find(draft.Table);
        if (draft.Table is not null && named is null)
            _faults.Add("threshold/bySize/table", $"One of: {string.Join(", ", NamedSizeTable.All.Select(t => t.Code))}; or name no table and give the bands.");
        if (draft.Table is null && draft.Bands is null)
            _faults.Add("threshold/bySize", "Name a table, or give the bands.");
        var bands = new List<SizeBand>();
        foreach (var (i, item) in Limited("threshold/bySize/bands", draft.Bands ?? named?.Bands, MostBands))
        {
            var at = $"threshold/bySize/bands/{i}";
            var band = new SizeBand(_faults.Number($"{at}/from", item.From, 1, 1_000_000_000, 2), item.To is null ? null : _faults.Number($"{at}/to", item.To, 1, 1_000_000_000, 2),
                _faults.Number($"{at}/atFrom", item.AtFrom, 0, 1, 6), _faults.Number($"{at}/atTo", item.AtTo, 0, 1, 6));
            if (band.To <= band.From)
                _faults.Add($"{at}/to", "A band ends after it begins.");
            if (band.To is null && band.AtTo != band.AtFrom)
                _faults.Add($"{at}/atTo", "A band without an end has one rate.");
            bands.Add(band);
        }

        CheckBands("threshold/bySize/bands", [.. bands.Select(b => (b.From, b.To))]);
        if (named is not null && draft.Bands is not null && !bands.Select(b => b.Normalised()).SequenceEqual(named.Bands.Select(b => new SizeBand(b.From!.Value, b.To, b.AtFrom!.Value, b.AtTo!.Value).Normalised())))
            _faults.Add("threshold/bySize/bands", "These are not the bands of the table that is named; leave one of them out.");
        return new SizeTable(draft.Table, draft.Losses == true, bands);
    }

    /// <summary>Bands follow each other: none overlaps the one before, and only the last is open.</summary>
    private void CheckBands(string pointer, IReadOnlyList<(decimal From, decimal? To)> bands)
    {
        var sorted = bands.OrderBy(b => b.From).ToList();
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i - 1].To is null)
                _faults.Add(pointer, "Only the last band may be without an end.");
            else if (sorted[i - 1].To > sorted[i].From)
                _faults.Add(pointer, $"The bands from {Text.Number(sorted[i - 1].From)} and from {Text.Number(sorted[i].From)} overlap.");
        }
    }

    private List<Corridor> Corridors(SharingTerms? sharing)
    {
        var list = new List<Corridor>();
        foreach (var (i, item) in Limited("corridors", _draft.Corridors, MostBands))
        {
            var at = $"corridors/{i}";
            var corridor = new Corridor(_faults.Number($"{at}/from", item.From, 0, 10, 6), item.To is null ? null : _faults.Number($"{at}/to", item.To, 0, 10, 6),
                _faults.Number($"{at}/gain", item.Gain, 0, 1, 6), _faults.Number($"{at}/loss", item.Loss, 0, 1, 6));
            if (corridor.To <= corridor.From)
                _faults.Add($"{at}/to", "A band ends after it begins.");
            list.Add(corridor);
        }

        CheckBands("corridors", [.. list.Select(c => (c.From, c.To))]);
        if (list.Count > 0 && sharing is not null)
            _faults.Add("sharing", "Corridors carry the sharing rates; name one or the other.");
        return list;
    }

    private SharingTerms? Sharing(QualityTerms? quality)
    {
        if (_draft.Sharing is not { } draft)
            return null;
        var gain = _faults.Number("sharing/gain", draft.Gain, 0, 1, 6);
        if (draft.Loss is not { } loss)
            return new SharingTerms(gain, null);
        var kind = _faults.OneOf("sharing/loss/kind", loss.Kind ?? LossRate.Fixed, LossRate.Fixed, LossRate.OneMinusEarned);
        if (kind == LossRate.Fixed)
        {
            if (loss.Floor is not null || loss.Ceiling is not null)
                _faults.Add("sharing/loss", "A fixed rate has no floor or ceiling.");
            return new SharingTerms(gain, new LossRate(kind, _faults.Number("sharing/loss/rate", loss.Rate, 0, 1, 6), null, null));
        }

        if (quality is null)
            _faults.Add("sharing/loss/kind", "One less what quality earns needs a quality clause.");
        if (loss.Rate is not null)
            _faults.Add("sharing/loss/rate", "The rate follows from quality; name a floor and a ceiling.");
        var floor = _faults.Number("sharing/loss/floor", loss.Floor ?? 0, 0, 1, 6);
        var ceiling = _faults.Number("sharing/loss/ceiling", loss.Ceiling ?? 1, 0, 1, 6);
        if (floor > ceiling)
            _faults.Add("sharing/loss/floor", "The floor lies above the ceiling.");
        return new SharingTerms(gain, new LossRate(kind, null, floor, ceiling));
    }

    private QualityTerms? Quality()
    {
        if (_draft.Quality is not { } draft)
            return null;
        var kind = _faults.OneOf("quality/kind", draft.Kind ?? "", QualityTerms.Binary, QualityTerms.Proportional, QualityTerms.Ladder, QualityTerms.Standard);
        var minimum = draft.Minimum is null && kind != QualityTerms.Binary ? (decimal?)null : _faults.Number("quality/minimum", draft.Minimum, 0, 1, 6);
        if (minimum is not null && kind is QualityTerms.Ladder or QualityTerms.Standard)
            _faults.Add("quality/minimum", $"A {kind} gate has no minimum score.");
        var metrics = Named(draft.Metrics, "quality/metrics", 50, (m, at) => new QualityMetric(m.Metric ?? "", _faults.Number($"{at}/weight", m.Weight ?? 1, 0, 1000, 6)), m => m.Metric, "metric");
        if (metrics.Count > 0 && metrics.Sum(m => m.Weight) <= 0)
            _faults.Add("quality/metrics", "The weights sum to nothing.");
        var steps = new List<QualityStep>();
        foreach (var (i, item) in Limited("quality/steps", draft.Steps, MostBands))
        {
            var step = new QualityStep(_faults.Number($"quality/steps/{i}/from", item.From, 0, 1, 6), _faults.Number($"quality/steps/{i}/factor", item.Factor, 0, 1, 6));
            if (steps.Any(s => s.From == step.From))
                _faults.Add($"quality/steps/{i}/from", "Two steps begin at the same score.");
            steps.Add(step);
        }

        if (kind == QualityTerms.Ladder && steps.Count == 0)
            _faults.Add("quality/steps", "A ladder needs its steps.");
        if (kind != QualityTerms.Ladder && steps.Count > 0)
            _faults.Add("quality/steps", "Only a ladder has steps.");
        return new QualityTerms(kind, minimum, metrics.Count == 0 ? null : metrics, steps.Count == 0 ? null : steps);
    }

    private LimitTerms Limits()
    {
        var limits = _draft.Limits ?? new LimitsDraft();
        var cap = _faults.Number("limits/cap", limits.Cap, -1, 1, 6);
        var years = limits.FloorByYear is { Count: > 0 } given ? given : null;
        var floor = years is null || limits.Floor is not null ? _faults.Number("limits/floor", limits.Floor, -1, 1, 6) : years[^1];
        var appliesTo = _faults.OneOf("limits/appliesTo", limits.AppliesTo ?? LimitTerms.Result, LimitTerms.Result, LimitTerms.PartyShare);
        if (floor > cap)
            _faults.Add("limits/floor", "The floor lies above the cap.");
        else if (cap < 0)
            _faults.Add("limits/cap", "The cap is a gain: at least 0.");
        else if (floor > 0)
            _faults.Add("limits/floor", "The floor is a loss: at most 0, such as -0.05.");
        if (years is { Count: > 30 })
            _faults.Add("limits/floorByYear", "At most 30 years.");
        return new LimitTerms(cap, floor, appliesTo,
            limits.CapOfRevenue is null ? null : _faults.Number("limits/capOfRevenue", limits.CapOfRevenue, 0, 10, 6),
            limits.FloorOfRevenue is null ? null : _faults.Number("limits/floorOfRevenue", limits.FloorOfRevenue, -10, 0, 6),
            years is null ? null : [.. years.Take(30).Select((f, i) => _faults.Number($"limits/floorByYear/{i}", f, -1, 0, 6))]);
    }

    private List<string> Order(bool shared, QualityTerms? quality, List<Multiplier> multipliers, LimitTerms limits, List<AdjustmentTerms> adjustments)
    {
        if (_draft.Order is null)
            return [.. Steps.All];
        var order = new List<string>();
        foreach (var (i, step) in _draft.Order.Take(20).Index())
        {
            var known = _faults.OneOf($"order/{i}", step ?? "", Steps.All);
            if (order.Contains(known))
                _faults.Add($"order/{i}", "Named twice.");
            order.Add(known);
        }

        Need(shared, Steps.Share, "sharing");
        Need(quality is not null, Steps.Gate, "quality");
        Need(multipliers.Count > 0, Steps.Multiplier, "multipliers");
        Need(limits.AppliesTo == LimitTerms.Result, Steps.Cap, "limits");
        Need(adjustments.Count > 0, Steps.Adjustment, "adjustments");
        var (capped, multiplied) = (order.IndexOf(Steps.Cap), order.IndexOf(Steps.Multiplier));
        if (limits.AppliesTo == LimitTerms.Result && capped >= 0 && multiplied > capped && multipliers.Exists(m => m.Factor > 1))
            _faults.Add("order", "A multiplier above 1 after the cap would pass the cap; take it before.");
        return order;

        void Need(bool clause, string step, string name)
        {
            if (clause && !order.Contains(step))
                _faults.Add("order", $"The terms have the clause {name}, but the order leaves out {step}.");
        }
    }

    private DivisionTerms Division()
    {
        var division = _draft.Division ?? new DivisionDraft();
        return new DivisionTerms(_faults.OneOf("division/method", division.Method ?? DivisionTerms.Fixed, DivisionTerms.Methods),
            _faults.Number("division/reinvestment", division.Reinvestment ?? 0, 0, 1, 6));
    }

    private List<PartyShare> Shares(DivisionTerms division)
    {
        var list = new List<PartyShare>();
        foreach (var (i, item) in Limited("shares", _draft.Shares, MostParties))
        {
            if (item.Party is null)
                _faults.Add($"shares/{i}/party", "Missing.");
            else if (_parties.All(p => p.Organisation != item.Party))
                _faults.Add($"shares/{i}/party", "Not a party to the agreement.");
            else if (list.Any(s => s.Party == item.Party))
                _faults.Add($"shares/{i}/party", "Named twice.");
            list.Add(new(item.Party ?? "", _faults.Number($"shares/{i}/gain", item.Gain, 0, 1, 6), _faults.Number($"shares/{i}/loss", item.Loss, 0, 1, 6)));
        }

        if (division.UsesShares)
        {
            if (list.Sum(s => s.Gain) != 1)
                _faults.Add("shares", "The shares of a gain do not sum to 1.");
            if (list.Sum(s => s.Loss) != 1)
                _faults.Add("shares", "The shares of a loss do not sum to 1.");
        }
        else if (list.Any(s => s.Gain != 0 || s.Loss != 0))
        {
            _faults.Add("shares", $"Division {division.Method} finds the shares itself.");
        }

        list.AddRange(_parties.Where(p => list.All(s => s.Party != p.Organisation)).Select(p => new PartyShare(p.Organisation, 0, 0)));
        if (list.Count == 1)
            _faults.Add("shares", "Nobody beside the payer takes part: there is nothing to share.");
        return list;
    }

    private string Payer()
    {
        var commissioners = _parties.Where(p => p.Role == Agreement.CommissionerRole).Select(p => p.Organisation).ToList();
        var payer = _draft.Payer ?? (commissioners.Count == 1 ? commissioners[0] : null);
        if (payer is null || !commissioners.Contains(payer))
            _faults.Add("payer", commissioners.Count == 0 ? "The agreement has no commissioner to hold the saving." : "Name the commissioner that pays for the activity and so first holds the saving or loss.");
        return payer ?? "";
    }

    private string To(string pointer, string? value) => _faults.OneOf(pointer, value ?? "gain", "gain", "loss", "both");

    /// <summary>A number that belongs to one form only; 0 in the other, which complete terms carry.</summary>
    private decimal Only(string pointer, decimal? value, bool belongs, decimal least, decimal most, int places)
    {
        if (belongs)
            return _faults.Number(pointer, value, least, most, places);
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

    private IEnumerable<(int Index, T Item)> Limited<T>(string pointer, IReadOnlyList<T?>? items, int most)
        where T : class
    {
        if (items is null)
            yield break;
        if (items.Count > most)
            _faults.Add(pointer, $"At most {most}.");
        foreach (var (i, item) in items.Take(most).Index())
        {
            if (item is null)
                _faults.Add($"{pointer}/{i}", "null is not taken here.");
            else
                yield return (i, item);
        }
    }

    private List<TTerm> Named<TDraft, TTerm>(IReadOnlyList<TDraft?>? items, string pointer, int most, Func<TDraft, string, TTerm> complete, Func<TDraft, string?> code, string member = "code")
        where TDraft : class
    {
        var list = new List<TTerm>();
        var seen = new HashSet<string>();
        foreach (var (i, item) in Limited(pointer, items, most))
        {
            if (!seen.Add(_faults.Code($"{pointer}/{i}/{member}", code(item))))
                _faults.Add($"{pointer}/{i}/{member}", "Named twice.");
            list.Add(complete(item, $"{pointer}/{i}"));
        }

        return list;
    }
}
