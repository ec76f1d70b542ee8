using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Domain;

/// <summary>Terms as a caller sends them: what is left out comes from the preset, the agreement, or is a fault.</summary>
internal sealed record TermsDraft(
    string? Currency = null,
    MeasureDraft? Measure = null,
    BenchmarkDraft? Benchmark = null,
    decimal? UnitPrice = null,
    decimal? MarginalCost = null,
    ThresholdDraft? Threshold = null,
    LimitsDraft? Limits = null,
    IReadOnlyList<ShareDraft?>? Shares = null,
    string? Payer = null,
    string? Fund = null,
    string? System = null);

internal sealed record MeasureDraft(string? Metric = null, string? AreaKind = null, string? Area = null);

internal sealed record BenchmarkDraft(decimal? PerQuarter = null, IReadOnlyList<BenchmarkPeriodDraft?>? Periods = null);

internal sealed record BenchmarkPeriodDraft(string? Period = null, decimal? Activity = null);

internal sealed record ThresholdDraft(decimal? MinimumSavingsRate = null, decimal? MinimumLossRate = null, string? Sharing = null);

internal sealed record LimitsDraft(decimal? Cap = null, decimal? Floor = null, string? AppliesTo = null);

internal sealed record ShareDraft(string? Party = null, decimal? Gain = null, decimal? Loss = null);

/// <summary>A named starting point for terms, held as data in <c>Data/risk-share-presets.json</c>.</summary>
internal sealed record Preset(string Code, string Title, string Form, string Explanation, string Source, TermsDraft Terms)
{
    public static readonly IReadOnlyList<Preset> All = Load();

    public static Preset? Find(string? code) => All.FirstOrDefault(p => p.Code == code);

    private static IReadOnlyList<Preset> Load()
    {
        using var stream = typeof(Preset).Assembly.GetManifestResourceStream("IntegratedCare.Contracts.Data.risk-share-presets.json")!;
        return JsonSerializer.Deserialize<IReadOnlyList<Preset>>(stream, SharedJson.Wire)!;
    }
}

/// <summary>Which terms make sense. All faults are found at once, each with its JSON pointer.</summary>
internal static class TermsRules
{
    private const decimal MostActivity = 10_000_000;
    private const decimal MostMoney = 10_000_000;

    public static RiskShareTerms Complete(TermsDraft draft, Preset? preset, Agreement agreement)
    {
        var faults = new List<FieldError>();
        var given = preset?.Terms;
        var parties = agreement.Document.Parties;

        var metric = Code("measure/metric", draft.Measure?.Metric ?? given?.Measure?.Metric);
        var areaKind = OneOf("measure/areaKind", draft.Measure?.AreaKind ?? given?.Measure?.AreaKind ?? "system", "system", "locality", "practice");
        var area = Code("measure/area", draft.Measure?.Area ?? (areaKind == "system" ? agreement.Document.System : null));
        var currency = OneOf("currency", draft.Currency ?? "GBP", "GBP");
        var price = Number("unitPrice", draft.UnitPrice, 0.01m, MostMoney, 2);
        var marginal = Number("marginalCost", draft.MarginalCost, 0, MostMoney, 2);
        var minimumSaving = Number("threshold/minimumSavingsRate", draft.Threshold?.MinimumSavingsRate ?? given?.Threshold?.MinimumSavingsRate, 0, 1, 6);
        var minimumLoss = Number("threshold/minimumLossRate", draft.Threshold?.MinimumLossRate ?? given?.Threshold?.MinimumLossRate, 0, 1, 6);
        var sharing = OneOf("threshold/sharing", draft.Threshold?.Sharing ?? given?.Threshold?.Sharing ?? ThresholdTerms.FirstPound, ThresholdTerms.FirstPound, ThresholdTerms.ExcessOnly);
        var cap = Number("limits/cap", draft.Limits?.Cap ?? given?.Limits?.Cap, -1, 1, 6);
        var floor = Number("limits/floor", draft.Limits?.Floor ?? given?.Limits?.Floor, -1, 1, 6);
        var appliesTo = OneOf("limits/appliesTo", draft.Limits?.AppliesTo ?? given?.Limits?.AppliesTo ?? LimitTerms.Result, LimitTerms.Result, LimitTerms.PartyShare);
        if (floor > cap)
            Fault("limits/floor", "The floor lies above the cap.");
        else if (cap < 0)
            Fault("limits/cap", "The cap is a gain: at least 0.");
        else if (floor > 0)
            Fault("limits/floor", "The floor is a loss: at most 0, such as -0.05.");

        var perQuarter = draft.Benchmark?.PerQuarter is null ? (decimal?)null : Number("benchmark/perQuarter", draft.Benchmark.PerQuarter, 0.01m, MostActivity, 2);
        var periods = BenchmarkPeriods();
        if (perQuarter is null && periods.Count == 0)
            Fault("benchmark", "Name the expected activity per quarter, or for periods.");

        var shares = Shares();
        var commissioners = parties.Where(p => p.Role == Agreement.CommissionerRole).Select(p => p.Organisation).ToList();
        var payer = draft.Payer ?? (commissioners.Count == 1 ? commissioners[0] : null);
        if (payer is null || !commissioners.Contains(payer))
            Fault("payer", commissioners.Count == 0 ? "The agreement has no commissioner to hold the saving." : "Name the commissioner that pays for the activity and so first holds the saving or loss.");
        var fund = Code("fund", draft.Fund);
        var system = Code("system", draft.System ?? agreement.Document.System);

        if (faults.Count > 0)
            throw new RequestRefused(ContractsProblems.MeaninglessTerms, ContractsProblems.MeaninglessTerms.Explanation, faults);
        return new RiskShareTerms(preset?.Form ?? RiskShareTerms.ActivityAgainstBenchmark, preset?.Code, currency, new(metric, areaKind, area), new(perQuarter, periods), price, marginal,
            new(minimumSaving, minimumLoss, sharing), new(cap, floor, appliesTo), shares, payer!, fund, system).Normalised();

        void Fault(string pointer, string detail) => faults.Add(new FieldError($"/terms/{pointer}", detail));

        decimal Number(string pointer, decimal? value, decimal least, decimal most, int places)
        {
            if (value is null)
                Fault(pointer, "Missing.");
            else if (value < least || value > most)
                Fault(pointer, $"Between {least} and {most}.");
            else if (value.Value.Scale > places && decimal.Round(value.Value, places) != value)
                Fault(pointer, $"At most {places} decimal places.");
            else
                return value.Value;
            return least;
        }

        string OneOf(string pointer, string value, params string[] allowed)
        {
            if (!allowed.Contains(value))
                Fault(pointer, $"One of: {string.Join(", ", allowed)}.");
            return value;
        }

        string Code(string pointer, string? value)
        {
            if (value is null)
                Fault(pointer, "Missing.");
            else if (!TextRules.IsCode(value))
                Fault(pointer, "A code: letters, digits, dot, hyphen or underscore, at most 64.");
            return value ?? "";
        }

        List<BenchmarkPeriod> BenchmarkPeriods()
        {
            var list = new List<BenchmarkPeriod>();
            foreach (var (i, item) in (draft.Benchmark?.Periods ?? []).Index())
            {
                if (i == 400)
                {
                    Fault("benchmark/periods", "At most 400 periods.");
                    break;
                }

                if (SettlementPeriod.Parse(item?.Period) is null)
                    Fault($"benchmark/periods/{i}/period", "A month 2026-11, a quarter 2026-Q3 or a financial year 2026/27.");
                else if (list.Any(p => p.Period == item!.Period))
                    Fault($"benchmark/periods/{i}/period", "Named twice.");
                var activity = Number($"benchmark/periods/{i}/activity", item?.Activity, 0.01m, MostActivity, 2);
                list.Add(new(item?.Period ?? "", activity));
            }

            return list;
        }

        List<PartyShare> Shares()
        {
            var list = new List<PartyShare>();
            foreach (var (i, item) in (draft.Shares ?? []).Index())
            {
                if (i == 100)
                {
                    Fault("shares", "At most 100 shares.");
                    break;
                }

                if (item?.Party is null)
                    Fault($"shares/{i}/party", "Missing.");
                else if (parties.All(p => p.Organisation != item.Party))
                    Fault($"shares/{i}/party", "Not a party to the agreement.");
                else if (list.Any(s => s.Party == item.Party))
                    Fault($"shares/{i}/party", "Named twice.");
                list.Add(new(item?.Party ?? "", Number($"shares/{i}/gain", item?.Gain, 0, 1, 6), Number($"shares/{i}/loss", item?.Loss, 0, 1, 6)));
            }

            if (list.Sum(s => s.Gain) != 1)
                Fault("shares", "The shares of a gain do not sum to 1.");
            if (list.Sum(s => s.Loss) != 1)
                Fault("shares", "The shares of a loss do not sum to 1.");
            foreach (var party in parties.Where(p => list.All(s => s.Party != p.Organisation)))
                list.Add(new(party.Organisation, 0, 0));
            return list;
        }
    }
}
