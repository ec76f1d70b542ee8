using System.Globalization;
using System.Text.Json;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.Payments.Engine;
using IntegratedCare.Contracts.Tests.Settlements.Engine;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Calendar;

namespace IntegratedCare.Contracts.Tests.Payments.Engine;

/// <summary>What must hold whatever the terms; plain comparisons for speed.</summary>
public class PaymentPropertyTests
{
    private const int Cases = 10_000;

    [Fact]
    public void Every_printed_line_evaluates_to_its_result_from_inputs_that_exist_and_transfers_sum_to_nothing()
    {
        var packs = new RandomPayments(1);
        var used = new HashSet<string>();
        for (var n = 0; n < Cases; n++)
        {
            var statement = PaymentEngine.Pay(packs.Next());
            if (statement.Transfers.Sum(t => t.Amount) != 0 || statement.Transfers.Any(t => decimal.Round(t.Amount, 2) != t.Amount)
                || statement.Transfers.Any(t => statement.Lines[t.Line - 1].Result != t.Amount))
                Assert.Fail($"Case {n}: transfers are not two sides of one payment in whole pence");
            foreach (var line in statement.Lines)
            {
                if (Evaluator.Evaluate(line.Arithmetic) != line.Result)
                    Assert.Fail($"Case {n}, {line.Code}: {line.Arithmetic} is {Evaluator.Evaluate(line.Arithmetic)}, not {line.Result}");
                foreach (var input in line.Inputs)
                {
                    var source = input.Line is { } earlier ? statement.Lines[earlier - 1] : null;
                    if (source is not null && (input.Line >= line.Number || source.Code != input.Name || source.Result != input.Value))
                        Assert.Fail($"Case {n}, {line.Code}: its input {input.Name} is not line {input.Line}");
                    if (source is null && input.Name.Split('.')[0] is not ("terms" or "inputs"))
                        Assert.Fail($"Case {n}, {line.Code}: {input.Name} is neither a term nor an input");
                    if (!line.Arithmetic.Contains(Math.Abs(input.Value).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
                        Assert.Fail($"Case {n}, {line.Code}: {input.Name} is not in {line.Arithmetic}");
                }
            }

            if (statement.Lines.Select(l => l.Code).Distinct().Count() != statement.Lines.Count)
                Assert.Fail($"Case {n}: two lines have one code");
            used.UnionWith(statement.Lines.Select(l => l.Code.Split(':')[0]));
        }

        // The cases reach every part.
        foreach (var code in new[] { "fixed", "weighted-sum", "need-index", "loading", "spend-in-scope", "growth", "price-factor", "list-movement",
            "expected-value", "below-baseline", "beyond-tolerance", "break-glass", "year-of-care",
            "stake", "factor", "earned", "deducted", "on-account" })
            used.ShouldContain(code);
    }

    [Fact]
    public void Equal_inputs_give_equal_bytes_in_any_culture_and_order_and_after_a_round_trip()
    {
        var packs = new RandomPayments(2);
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NegativeSign = "~";
        var before = CultureInfo.CurrentCulture;
        for (var n = 0; n < Cases; n++)
        {
            var pack = packs.Next();
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
                    Assert.Fail($"Case {n}: not the same bytes");
            }
            finally
            {
                CultureInfo.CurrentCulture = before;
            }
        }
    }

    [Fact]
    public void More_activity_never_pays_less()
    {
        var packs = new RandomPayments(3);
        var random = new Random(33);
        for (var n = 0; n < Cases; n++)
        {
            var pack = packs.Next(withActivity: true);
            var more = pack with
            {
                Inputs = pack.Inputs with
                {
                    Activity = [.. pack.Inputs.Activity!
                .Select(a => a with { Actual = a.Actual + random.Next(0, random.Next(2) == 0 ? 10 : 1_000_000) / 100m })]
                }
            };
            if (Received(more) < Received(pack))
                Assert.Fail($"Case {n}: {Received(more)} for more activity, {Received(pack)} for less");
        }

        static decimal Received(PaymentPack pack) => PaymentEngine.Pay(pack).Transfers.Single(t => t.Party == pack.Terms.Provider).Amount;
    }

    [Fact]
    public void Instalments_of_fixed_money_add_up_to_the_year()
    {
        var packs = new RandomPayments(4);
        for (var n = 0; n < Cases; n++)
        {
            var pack = packs.Next();
            var year = Fixed(pack with { Period = "2026/27", Inputs = pack.Inputs with { OnAccount = null } });
            var parts = new[] { "2026-04", "2026-05", "2026-06", "2026-Q3", "2026-10", "2026-11", "2026-12", "2027-Q1" }
                .Sum(p => Fixed(pack with { Period = p, Inputs = pack.Inputs with { OnAccount = null } }));
            if (year != parts)
                Assert.Fail($"Case {n}: {year} by the year, {parts} in parts");
        }

        static decimal Fixed(PaymentPack pack) => PaymentEngine.Pay(pack).Lines.Where(l => l.Code is "fixed" or "capitation").Sum(l => l.Result);
    }
}
