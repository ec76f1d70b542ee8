namespace IntegratedCare.Contracts.RiskShares;

/// <content>Threshold, corridors, sharing rate and quality.</content>
internal sealed partial class TermsRules
{
    /// <param name="oneSided">No loss is shared, so that a minimum loss rate has no effect.</param>
    private ThresholdTerms Threshold(List<Corridor> corridors, bool oneSided)
    {
        var threshold = _draft.Threshold ?? new ThresholdDraft();
        var sharing = _faults.OneOf("threshold/sharing", threshold.Sharing ?? ThresholdTerms.FirstPound, ThresholdTerms.FirstPound, ThresholdTerms.ExcessOnly);
        var table = SizeTable(threshold.BySize);
        var saving = _faults.Number("threshold/minimumSavingsRate", threshold.MinimumSavingsRate ?? (table is null ? null : 0), 0, 1, 6);
        var loss = 0m;
        if (threshold.MinimumLossRate is null && !oneSided && table?.Losses != true)
        {
            _faults.Add("threshold/minimumLossRate",
                table is null ? "Missing: it is named beside minimumSavingsRate, and in symmetric terms is the same."
                : "Missing: name it, or let losses follow the table too (bySize with losses true).");
        }
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
        foreach (var (i, item) in _faults.Items("threshold/bySize/bands", draft.Bands ?? named?.Bands, MaxBands))
        {
            var at = $"threshold/bySize/bands/{i}";
            var band = new SizeBand(_faults.Number($"{at}/from", item.From, 1, 1_000_000_000, 2),
                item.To is null ? null : _faults.Number($"{at}/to", item.To, 1, 1_000_000_000, 2),
                _faults.Number($"{at}/atFrom", item.AtFrom, 0, 1, 6), _faults.Number($"{at}/atTo", item.AtTo, 0, 1, 6));
            if (band.To <= band.From)
                _faults.Add($"{at}/to", "A band ends after it begins.");
            if (band.To is null && band.AtTo != band.AtFrom)
                _faults.Add($"{at}/atTo", "A band without an end has one rate.");
            bands.Add(band);
        }

        CheckBands("threshold/bySize/bands", [.. bands.Select(b => (b.From, b.To))]);
        var namedBands = named?.Bands.Select(b => new SizeBand(b.From!.Value, b.To, b.AtFrom!.Value, b.AtTo!.Value).Normalised());
        if (namedBands is not null && draft.Bands is not null && !bands.Select(b => b.Normalised()).SequenceEqual(namedBands))
            _faults.Add("threshold/bySize/bands", "These are not the bands of the table that is named; leave one of them out.");
        return new SizeTable(draft.Table, draft.Losses == true, bands);
    }

    /// <summary>Bands do not overlap, and only the last may be open.</summary>
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
        foreach (var (i, item) in _faults.Items("corridors", _draft.Corridors, MaxBands))
        {
            var at = $"corridors/{i}";
            var corridor = new Corridor(_faults.Number($"{at}/from", item.From, 0, 10, 6),
                item.To is null ? null : _faults.Number($"{at}/to", item.To, 0, 10, 6),
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
        var metrics = _faults.Each("quality/metrics", draft.Metrics, 50, m => m.Metric, "metric",
            (m, at) => new QualityMetric(m.Metric ?? "", _faults.Number($"{at}/weight", m.Weight ?? 1, 0, 1000, 6)));
        if (metrics.Count > 0 && metrics.Sum(m => m.Weight) <= 0)
            _faults.Add("quality/metrics", "The weights sum to nothing.");
        var steps = new List<QualityStep>();
        foreach (var (i, item) in _faults.Items("quality/steps", draft.Steps, MaxBands))
        {
            var step = new QualityStep(_faults.Number($"quality/steps/{i}/from", item.From, 0, 1, 6),
                _faults.Number($"quality/steps/{i}/factor", item.Factor, 0, 1, 6));
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
}
