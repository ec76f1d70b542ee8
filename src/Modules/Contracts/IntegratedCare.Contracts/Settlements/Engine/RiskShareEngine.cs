using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Settlements.Engine;

/// <summary>
/// Computes a risk-share's statement from terms and frozen inputs, with the same bytes on every machine. It follows the order of the
/// statement: benchmark and actual (<c>.Measure</c>), the part that is shared (<c>.Pool</c>), the parties' transfers (<c>.Division</c>)
/// and the warnings (<c>.Warnings</c>). Each line prints the arithmetic of its result; see <see cref="Figure"/> for the functions.
/// </summary>
internal static partial class RiskShareEngine
{
    public const string Schema = "integrated-care/settlement-statement/3";

    /// <summary>The pack must have passed <see cref="TermsRules"/> and <see cref="InputRules"/>.</summary>
    /// <param name="inputsAt">The JSON pointer of the inputs in the request, for faults found during the calculation.</param>
    public static Statement Settle(SettlementPack pack, string inputsAt = "/inputs")
    {
        try
        {
            return Calculate(pack, inputsAt);
        }
        catch (OverflowException)
        {
            // Each number is within its range, but not their product.
            throw new RequestRefused(ContractsProblems.InputsUnfit, "Terms and inputs together give figures beyond 28 digits.");
        }
    }

    private static Statement Calculate(SettlementPack pack, string inputsAt)
    {
        var terms = pack.Terms.Normalised();
        var inputs = (pack.Inputs ?? SettlementInputs.None).Normalised(terms);
        var period = Period.Parse(pack.Period) ?? throw new ArgumentException("Not a period.");
        var values = pack.Values.OrderBy(v => v.Period, StringComparer.Ordinal).Select(v => v with { Activity = Units.Fix(v.Activity, 2) }).ToList();
        var calculation = new Calculation(terms, inputs, values, period, new LineList(terms.Currency, terms.MoneyPlaces), inputsAt);

        var measured = Measure(calculation);
        var shared = Pool(calculation, measured);
        var transfers = Divide(calculation, measured, shared);
        var warnings = Warn(calculation, measured, shared);

        return new Statement(Schema, pack.RiskShare, pack.TermsVersion, pack.Period, terms.Currency, terms, values, inputs, calculation.Lines.All,
            [.. transfers.OrderBy(t => t.Party, StringComparer.Ordinal).Select(t => new StatementTransfer(t.Party, t.Amount.Value, t.Line))], warnings);
    }

    private sealed record Calculation(RiskShareTerms Terms, SettlementInputs Inputs, IReadOnlyList<FrozenValue> Values, Period Period,
        LineList Lines, string InputsAt)
    {
        /// <summary>Places of the measure: money's or activity's.</summary>
        public int MeasurePlaces => Terms.InMoney ? Terms.MoneyPlaces : Units.Scale(Units.Activity);

        public string MeasureUnit => Terms.InMoney ? Units.Money : Units.Activity;

        public Figure Persons => Inputs.Costs is { } costs ? Figure.Named("inputs.costs.persons", costs.Persons, 2)
            : Figure.Named("inputs.persons", Inputs.Persons ?? 0, 2);

        public Figure Rate(string name, decimal value) => Figure.Named($"terms.{name}", value, 6);

        public PartyFigures Party(string party) => Inputs.Parties?.FirstOrDefault(p => p.Party == party) ?? new PartyFigures(party);
    }

    /// <param name="Fewer">Activity below benchmark; null where the result is measured in money.</param>
    private sealed record Measured(Figure Benchmark, Figure BenchmarkValue, Figure? Fewer, Figure Saving, Figure Freed, Figure? Unfreed);
}
