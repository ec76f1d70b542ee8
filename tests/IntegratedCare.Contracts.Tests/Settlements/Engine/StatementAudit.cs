using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Calendar;

namespace IntegratedCare.Contracts.Tests.Settlements.Engine;

/// <summary>
/// Goes through a statement as a partner would that has the pack and the rules, and knows nothing of the engine: each line comes
/// out at its result; each of its numbers is a figure of the pack, looked up by name, the result of an earlier line, or a number
/// of the rule itself; all that a line lists is used; whole units are divided as the rule says; transfers and warnings say what
/// their lines say.
/// </summary>
internal sealed partial class StatementAudit(SettlementPack pack, Statement statement)
{
    /// <summary>Members by which an entry of a list is named in the name of an input.</summary>
    private static readonly string[] Keys = ["party", "code", "metric", "label", "period"];

    private readonly JsonElement _pack = JsonSerializer.SerializeToElement(pack, SharedJson.Storage);
    private readonly decimal _unit = pack.Terms.MoneyPlaces == 0 ? 1 : 0.01m;

    /// <summary>Lines on which a rounded part was corrected by a unit.</summary>
    public int Corrected { get; private set; }

    public IEnumerable<string> Faults() =>
        statement.Lines.SelectMany(l => Line(l).Select(f => $"line {l.Number}, {l.Code}: {f} ({l.Arithmetic})")).Concat(Splits()).Concat(Choices())
        .Concat(Transfers()).Concat(Warnings());

    private IEnumerable<string> Line(StatementLine line)
    {
        if (line.Number < 1 || statement.Lines[line.Number - 1] != line)
            yield return "out of order";
        if (Evaluator.Evaluate(line.Arithmetic) != line.Result)
            yield return $"{Evaluator.Evaluate(line.Arithmetic)}, not {line.Result}";
        foreach (var input in line.Inputs)
        {
            if (input.Line is { } earlier)
            {
                if (earlier >= line.Number || statement.Lines[earlier - 1].Code != input.Name || statement.Lines[earlier - 1].Result != input.Value)
                    yield return $"{input.Name} is not line {earlier}";
            }
            else if (InPack(input.Name) is not { } value || value != input.Value)
            {
                yield return $"{input.Name} is {InPack(input.Name)} in the pack, not {input.Value}";
            }
        }

        if (line.Inputs.Select(i => i.Name).Distinct().Count() != line.Inputs.Count)
            yield return "an input is listed twice";
        var (numbers, places) = Evaluator.NumbersOf(line.Arithmetic);
        var listed = line.Inputs.Select(i => Math.Abs(i.Value)).ToHashSet();
        var ofTheRule = OfTheRule(line);
        foreach (var number in numbers.Where(n => !listed.Contains(n) && !ofTheRule.Contains(n)))
            yield return $"{number} comes from nowhere";
        foreach (var input in line.Inputs.Where(i => !numbers.Contains(Math.Abs(i.Value))))
            yield return $"{input.Name} is listed and not used";
        var unitPlaces = line.Unit switch { "activity" => 2, "rate" or "per-head" or "probability" or "z" => 6, _ => pack.Terms.MoneyPlaces };
        foreach (var to in places.Where(p => p != unitPlaces && !(p == 0 && line.Code.StartsWith("steps:", StringComparison.Ordinal))))
            yield return $"rounded to {to} places";
        // A rate gates and multiplies money, and is as exact as its arithmetic.
        if (line.Unit is not ("rate" or "per-head") && decimal.Round(line.Result, unitPlaces) != line.Result)
            yield return "has more places than its unit";
    }

    /// <summary>
    /// Numbers that belong to a rule: nothing and the whole everywhere; the months of the period and the year on what is brought to
    /// the period, or taken off for some of its months; the quarters of a year and the months of a quarter, for a benchmark per quarter;
    /// the half of the continuity
    /// correction; the last unit of money where a rule adds or takes one.
    /// </summary>
    private decimal[] OfTheRule(StatementLine line)
    {
        decimal months = Period.Parse(pack.Period)!.Months.Count;
        if (months == 0)
            months = 12;
        return line.Code.Split(':')[0] switch
        {
            "benchmark-value" or "benchmark-activity" or "benchmark-before-need" when pack.Terms.Benchmark.Kind is "historical" or "peer" => [0, 1, months, 12],
            "benchmark-value" or "benchmark-activity" or "benchmark-before-need" when pack.Terms.Benchmark.Kind is "fixed" => [0, 1, 3, 4],
            "chance-deviation" => [0, 1, months, 12],
            _ when line.Inputs.Any(i => i.Name.EndsWith(".monthsAffected", StringComparison.Ordinal)) => [0, 1, months],
            "chance-z" => [0, 1, 0.5m],
            "share" or "made-good" or "rest" => [0, 1, .. Units(line)],
            "minimum-saving" or "minimum-loss" => [0, 1, _unit],
            _ => [0, 1],
        };
    }

    /// <summary>The units that a part was corrected by, as printed last.</summary>
    private decimal[] Units(StatementLine line)
    {
        var match = Correction().Match(line.Arithmetic);
        if (!match.Success)
            return [];
        var by = decimal.Parse(match.Groups["unit"].Value, CultureInfo.InvariantCulture);
        // One or two units: Webster's parts are seldom further from the exact ones.
        if (by % _unit != 0 || by > 2 * _unit)
            return [];
        Corrected++;
        return [by];
    }

    /// <summary>
    /// Parts add up to what was divided, and no unit would have gone first to another: for any two parties, the last unit of the one,
    /// at (part - half a unit) / weight, went out before the next of the other, at (part + half a unit) / weight; of equals, the
    /// first by code. Together these fix every part.
    /// </summary>
    private IEnumerable<string> Splits()
    {
        foreach (var group in statement.Lines.Where(l => l.Code.Split(':')[0] is "share" or "made-good" or "rest").GroupBy(l => l.Code.Split(':')[0]))
        {
            // The share of whose loss was made good is the sum of two parts, each checked as such.
            var lines = group.Where(l => l.Inputs
                .All(i => i.Line is null || !i.Name.Contains(':', StringComparison.Ordinal) || i.Name.StartsWith("own-loss:", StringComparison.Ordinal)))
                .ToList();
            if (lines.Count == 0)
                continue;
            var divided = lines[0].Inputs.Single(i => i.Line is not null && !i.Name.StartsWith("own-loss:", StringComparison.Ordinal));
            var parts = lines.Select(l => (Party: l.Code.Split(':')[1], Part: Math.Abs(l.Result), Weight: Weight(l))).ToList();
            if (lines.Sum(l => l.Result) != divided.Value || lines.Exists(l => l.Result != 0 && (l.Result < 0) != (divided.Value < 0)))
                yield return $"{group.Key}: the parts do not add up to {divided.Name}";
            if (parts.Exists(p => p.Weight == 0 && p.Part != 0))
                yield return $"{group.Key}: a part without a weight";
            foreach (var has in parts.Where(p => p.Part > 0))
            {
                foreach (var wants in parts.Where(p => p.Weight > 0 && p.Party != has.Party))
                {
                    var order = ((2 * has.Part - _unit) * wants.Weight).CompareTo((2 * wants.Part + _unit) * has.Weight);
                    if (order > 0 || (order == 0 && string.CompareOrdinal(has.Party, wants.Party) > 0))
                        yield return $"{group.Key}: the last unit of {has.Party} is {wants.Party}'s";
                }
            }
        }

        decimal Weight(StatementLine line)
        {
            var party = line.Code.Split(':')[1];
            var names = line.Inputs.Select(i => i.Name).ToHashSet();
            var side = statement.Lines.Single(l => l.Code == "result-after-threshold").Result >= 0 ? "gain" : "loss";
            var name = line.Code.StartsWith("made-good:", StringComparison.Ordinal) ? $"own-loss:{party}" : pack.Terms.Division.Method switch
            {
                "equal" => null,
                "by-budget" => $"inputs.parties.{party}.budget",
                "by-performance" => $"inputs.parties.{party}.score",
                _ => $"terms.shares.{party}.{side}",
            };
            return name is null ? 1 : names.Contains(name) ? line.Inputs.Single(i => i.Name == name).Value
                : throw new InvalidOperationException($"{line.Code} does not go by {name}");
        }
    }

    /// <summary>Where a rule picks one figure of several, or rounds up, it picks and rounds as it says.</summary>
    private IEnumerable<string> Choices()
    {
        foreach (var line in statement.Lines.Where(l => l.Code is "minimum-saving" or "minimum-loss"
            && l.Rule.EndsWith("Rounded up, since less does not reach it.", StringComparison.Ordinal)))
        {
            var least = line.Inputs[0].Value * line.Inputs[1].Value;
            if (line.Inputs.Count != 2 || line.Result < least || line.Result - _unit >= least)
                yield return $"{line.Code}: {least} rounded up is not {line.Result}";
        }

        if (statement.Lines.SingleOrDefault(l => l.Code == "minimum-rate") is { } rate)
        {
            var persons = InPack("inputs.persons") ?? InPack("inputs.costs.persons")!.Value;
            var at = int.Parse(rate.Inputs[0].Name.Split('.')[4], CultureInfo.InvariantCulture);
            var bands = _pack.GetProperty("terms").GetProperty("threshold").GetProperty("bySize").GetProperty("bands").EnumerateArray()
                .Select(b => b.GetProperty("from").GetDecimal()).ToList();
            if (bands[at] > persons || (at + 1 < bands.Count && bands[at + 1] <= persons))
                yield return $"minimum-rate: {persons} persons are not in band {at}";
        }

        if (pack.Terms.Limits.FloorByYear is { } years)
        {
            var at = Math.Min((int)InPack("inputs.year")!.Value, years.Count) - 1;
            if (statement.Lines.Single(l => l.Code == "floor").Inputs.All(i => i.Name != $"terms.limits.floorByYear.{at}"))
                yield return $"floor: not that of year {at + 1}";
        }
    }

    private IEnumerable<string> Transfers()
    {
        if (!statement.Transfers.Select(t => t.Party)
            .SequenceEqual(pack.Terms.Shares.Select(s => s.Party).Append(pack.Terms.Payer).Distinct().Order(StringComparer.Ordinal)))
            yield return "transfers: not one for each party";
        foreach (var transfer in statement.Transfers)
        {
            var line = statement.Lines[transfer.Line - 1];
            if (line.Code != $"transfer:{transfer.Party}" || line.Result != transfer.Amount || line.Unit != statement.Currency)
                yield return $"transfer of {transfer.Party}: not what line {transfer.Line} says";
        }
    }

    /// <summary>Numbers in the words of a warning are results of the lines that it names.</summary>
    private IEnumerable<string> Warnings()
    {
        foreach (var warning in statement.Warnings)
        {
            var lines = warning.Lines.Select(n => statement.Lines[n - 1]).ToList();
            foreach (Match named in NamedLine().Matches(warning.Message))
            {
                if (!warning.Lines.Contains(int.Parse(named.Groups["line"].Value, CultureInfo.InvariantCulture)))
                    yield return $"warning {warning.Code}: line {named.Groups["line"].Value} is not among its lines";
            }

            foreach (Match number in Number().Matches(NamedLines().Replace(warning.Message.Replace("above 0.05", "", StringComparison.Ordinal), "")))
            {
                if (lines.TrueForAll(l => Math.Abs(l.Result) != decimal.Parse(number.Value, CultureInfo.InvariantCulture)))
                    yield return $"warning {warning.Code}: {number.Value} is on none of its lines";
            }
        }
    }

    /// <summary>A figure of the pack by its path: members by name, entries of a list by their key or their place from 0.</summary>
    private decimal? InPack(string name)
    {
        var at = _pack;
        foreach (var part in name.Split('.'))
        {
            if (at.ValueKind == JsonValueKind.Object)
            {
                if (!at.TryGetProperty(part, out at))
                    return null;
                continue;
            }

            if (at.ValueKind != JsonValueKind.Array)
                return null;
            var keyed = at.EnumerateArray()
                .Where(e => e.ValueKind == JsonValueKind.Object && Keys.Any(k => e.TryGetProperty(k, out var key) && key.GetString() == part)).ToList();
            if (keyed.Count == 1)
                at = keyed[0];
            else if (keyed.Count == 0 && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place < at.GetArrayLength())
                at = at[place];
            else
                return null;
        }

        return at.ValueKind switch
        {
            JsonValueKind.Number => at.GetDecimal(),
            // The one figure that is stated in words: all of a gain, or nothing.
            JsonValueKind.String when name == "inputs.qualityStandard" => at.GetString() switch { "met" => 1, "not-met" => 0, _ => null },
            _ => null,
        };
    }

    [GeneratedRegex(@" [+-] (?<unit>\d+(\.\d+)?)\)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Correction();

    [GeneratedRegex(@"\(line (?<line>\d+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamedLine();

    [GeneratedRegex(@"\(lines? [\d, ]+\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamedLines();

    [GeneratedRegex(@"\d+\.?\d*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();
}
