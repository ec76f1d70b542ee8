using System.Globalization;
using System.Text.Json;
using CsCheck;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.Payments.Engine;
using IntegratedCare.Contracts.Tests.Settlements.Engine;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Tests.Payments.Engine;

/// <summary>What must hold whatever the terms; plain comparisons for speed.</summary>
public class PaymentPropertyTests
{
    private const int Cases = 10_000;

    [Fact]
    public void Every_printed_line_evaluates_to_its_result_from_inputs_that_exist_and_transfers_sum_to_nothing()
    {
        var used = new HashSet<string>();
        RandomPayments.All.Sample(pack =>
        {
            var statement = PaymentEngine.Pay(pack);
            if (statement.Transfers.Sum(t => t.Amount) != 0 || statement.Transfers.Any(t => decimal.Round(t.Amount, 2) != t.Amount)
                || statement.Transfers.Any(t => statement.Lines[t.Line - 1].Result != t.Amount))
                Assert.Fail($"transfers are not two sides of one payment in whole pence");
            foreach (var line in statement.Lines)
            {
                if (Evaluator.Evaluate(line.Arithmetic) != line.Result)
                    Assert.Fail($"{line.Code}: {line.Arithmetic} is {Evaluator.Evaluate(line.Arithmetic)}, not {line.Result}");
                foreach (var input in line.Inputs)
                {
                    var source = input.Line is { } earlier ? statement.Lines[earlier - 1] : null;
                    if (source is not null && (input.Line >= line.Number || source.Code != input.Name || source.Result != input.Value))
                        Assert.Fail($"{line.Code}: its input {input.Name} is not line {input.Line}");
                    if (source is null && input.Name.Split('.')[0] is not ("terms" or "inputs"))
                        Assert.Fail($"{line.Code}: {input.Name} is neither a term nor an input");
                    if (!line.Arithmetic.Contains(Math.Abs(input.Value).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
                        Assert.Fail($"{line.Code}: {input.Name} is not in {line.Arithmetic}");
                }
            }

            if (statement.Lines.Select(l => l.Code).Distinct().Count() != statement.Lines.Count)
                Assert.Fail($"two lines have one code");
            used.UnionWith(statement.Lines.Select(l => l.Code.Split(':')[0]));
        }, iter: Cases, threads: 1, print: RandomPayments.Print);

        // The cases reach every part.
        foreach (var code in new[] { "fixed", "weighted-sum", "need-index", "loading", "spend-in-scope", "growth", "price-factor",
            "list-movement", "expected-value", "below-baseline", "beyond-tolerance", "break-glass", "year-of-care",
            "stake", "factor", "earned", "deducted", "on-account" })
            used.ShouldContain(code);
    }

    [Fact]
    public void Equal_inputs_give_equal_bytes_in_any_culture_and_order_and_after_a_round_trip()
    {
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NegativeSign = "~";
        var before = CultureInfo.CurrentCulture;
        RandomPayments.All.Sample(pack =>
        {
            var bytes = PaymentEngine.Pay(pack).ToBytes();
            try
            {
                CultureInfo.CurrentCulture = comma;
                var held = PaymentStatement.FromBytes(bytes);
                var draft = JsonSerializer.Deserialize<PaymentDraft>(JsonSerializer.Serialize(held.Terms, SharedJson.Storage), SharedJson.Wire)!;
                var terms = PaymentRules.Complete(draft, null);
                var shuffled = terms with
                {
                    Prices = [.. terms.Prices.Reverse()],
                    Activity = [.. terms.Activity.Reverse()],
                    Outcomes = [.. terms.Outcomes.Reverse()]
                };
                var inputs = held.Inputs with
                {
                    Activity = held.Inputs.Activity?.Reverse().ToList(),
                    Outcomes = held.Inputs.Outcomes?.Reverse().ToList(),
                    Population = held.Inputs.Population?.Reverse().ToList()
                };
                var again = PaymentEngine.Pay(new PaymentPack(held.PaymentTerms, shuffled, held.Period,
                    PaymentInputRules.Check(shuffled, Period.Parse(held.Period)!, inputs))).ToBytes();
                if (!again.AsSpan().SequenceEqual(bytes) || !held.ToBytes().AsSpan().SequenceEqual(bytes))
                    Assert.Fail($"not the same bytes");
            }
            finally
            {
                CultureInfo.CurrentCulture = before;
            }
        }, iter: Cases, print: RandomPayments.Print);
    }

    [Fact]
    public void More_activity_never_pays_less()
    {
        var increases = Gen.OneOf<int>(Gen.Int[0, 9], Gen.Int[0, 999_999]).Array[RandomPayments.Points.Length];
        RandomPayments.WithActivity.Select(increases).Sample((pack, hundredths) =>
        {
            var activity = pack.Inputs.Activity!.Zip(hundredths, (a, by) => a with { Actual = a.Actual + by / 100m });
            var more = pack with { Inputs = pack.Inputs with { Activity = [.. activity] } };
            if (Received(more) < Received(pack))
                Assert.Fail($"{Received(more)} for more activity, {Received(pack)} for less");
        }, iter: Cases, print: t => $"{string.Join(", ", t.Item2)} hundredths more: {RandomPayments.Print(t.Item1)}");

        static decimal Received(PaymentPack pack) => PaymentEngine.Pay(pack).Transfers.Single(t => t.Party == pack.Terms.Provider).Amount;
    }

    [Fact]
    public void Instalments_of_fixed_money_add_up_to_the_year()
    {
        RandomPayments.All.Sample(pack =>
        {
            var year = Fixed(pack with { Period = "2026/27", Inputs = pack.Inputs with { OnAccount = null } });
            var parts = new[] { "2026-04", "2026-05", "2026-06", "2026-Q3", "2026-10", "2026-11", "2026-12", "2027-Q1" }
                .Sum(p => Fixed(pack with { Period = p, Inputs = pack.Inputs with { OnAccount = null } }));
            if (year != parts)
                Assert.Fail($"{year} by the year, {parts} in parts");
        }, iter: Cases, print: RandomPayments.Print);

        static decimal Fixed(PaymentPack pack) => PaymentEngine.Pay(pack).Lines.Where(l => l.Code is "fixed" or "capitation").Sum(l => l.Result);
    }
}
