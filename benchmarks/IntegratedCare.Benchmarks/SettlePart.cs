using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;

namespace IntegratedCare.Benchmarks;

/// <summary>
/// 500 risk-shares over a year of a whole care system, each settled as a party would: a proposal posted, its costs read, frozen,
/// computed, stored and answered. The floor is one SQL statement by hand that reads the same costs.
/// </summary>
internal static class SettlePart
{
    private const int AtOnce = 4;

    public static async Task RunAsync(Bench bench, CancellationToken ct)
    {
        var (year, scopes) = (new YearOfCosts(bench.Options.SettledPersons), YearOfCosts.Scopes);
        Bench.Say($"Inventing a year of {year.Persons:N0} persons, {year.Facts:N0} cost facts");
        var agreements = new Dictionary<Product, Agreements>();
        try
        {
            foreach (var product in bench.Products)
            {
                await product.RenewTokensAsync(ct);
                await year.FillAsync(product.Source, ct);
                agreements.Add(product, await Agreements.MakeAsync(product, scopes, ct));
            }

            // Every build has the same facts: the floor is taken over the first one's.
            await using var connection = await bench.Products[0].Source.OpenConnectionAsync(ct);
            await ProductTables.CreateScopesAsync(connection, scopes, ct);
            // Also says what each benchmark is measured by, and warms the floor up. The product's first round, cold, counts as any other.
            var known = await ProductTables.AddUpAsync(connection, YearOfCosts.Period, ct);
            await CompareAsync(bench, year, agreements, known, connection, ct);
        }
        finally
        {
            foreach (var made in agreements.Values)
                made.Dispose();
        }
    }

    private static Task CompareAsync(
        Bench bench, YearOfCosts year, Dictionary<Product, Agreements> agreements, Dictionary<int, Costs> known, NpgsqlConnection connection,
        CancellationToken ct)
    {
        var title = $"{known.Count} risk-shares proposed and stored, {AtOnce} at once, a year of {year.Persons:N0} persons ({year.Facts:N0} cost facts)";
        return bench.CompareAsync(new Measurement("settle", title, "SQL aggregate", "risk-shares/s"), warmUps: 0, round => Task.FromResult(new Turn(
            () => LoadGenerator.OnceAsync(known.Count, () => ProductTables.AddUpAsync(connection, YearOfCosts.Period, ct), bench.Bed.Meter),
            async product =>
            {
                var stored = new ConcurrentBag<(int Index, Uri Settlement)>();
                var measured = await product.MeasureAsync(() => ProposeAsync(product, agreements[product], known, round, stored, ct), ct);
                await CheckAsync(agreements[product], stored, known, round, ct);
                return measured;
            })), ct);
    }

    private static Task<LoadResult> ProposeAsync(
        Product product, Agreements agreements, Dictionary<int, Costs> known, int round, ConcurrentBag<(int, Uri)> stored, CancellationToken ct)
    {
        var posts = agreements.Proposals.Select(p => (p.Index, p.Path, Body: p.Body(known[p.Index].Price - known[p.Index].PriceCut, round))).ToArray();
        return LoadGenerator.RunAllAsync(AtOnce, posts, async post =>
        {
            var settlement = await LoadGenerator.PostAsync(agreements.Commissioner, post.Path, post.Body, "application/json");
            stored.Add((post.Index, settlement ?? throw new InvalidOperationException($"{post.Path} made no new settlement.")));
        }, product.Process.Meter, ct);
    }

    /// <summary>
    /// Each risk-share has a new settlement, whose frozen costs are those of the floor to the penny; most of them move money, and
    /// thresholds, caps and floors hold some of them.
    /// </summary>
    private static async Task CheckAsync(
        Agreements agreements, IReadOnlyCollection<(int Index, Uri Settlement)> stored, Dictionary<int, Costs> known, int round, CancellationToken ct)
    {
        var (moving, withheld, capped, floored) = (0, 0, 0, 0);
        foreach (var (index, settlement) in stored)
        {
            using var json = await JsonDocument.ParseAsync(await agreements.Commissioner.GetStreamAsync(settlement, ct), default, ct);
            var (view, statement) = (json.RootElement, json.RootElement.GetProperty("statement"));
            var (frozen, found) = (statement.GetProperty("inputs").GetProperty("costs"), known[index]);
            decimal Frozen(string name) => frozen.GetProperty(name).GetDecimal();
            if ((view.GetProperty("number").GetInt32(), view.GetProperty("status").GetString()) != (round + 1, "proposed")
                || (Frozen("personsWithCare"), Frozen("records"), Frozen("spend"), Frozen("cut"), Frozen("actualCost"))
                    != (found.Persons, found.Records, found.Price, found.PriceCut, found.Cost - found.CostCut))
            {
                throw new InvalidOperationException($"The figures differ: {settlement} of round {round + 1} froze {frozen} and SQL finds {found}: {view}");
            }

            var lines = statement.GetProperty("lines").EnumerateArray().DistinctBy(l => l.GetProperty("code").GetString())
                .ToDictionary(l => l.GetProperty("code").GetString()!, l => l.GetProperty("result").GetDecimal());
            var result = lines["result-to-share"];
            moving += statement.GetProperty("transfers").EnumerateArray().Any(t => t.GetProperty("amount").GetDecimal() != 0) ? 1 : 0;
            withheld += lines["saving-at-price"] != 0 && result == 0 ? 1 : 0;
            capped += result > 0 && result == lines["cap"] ? 1 : 0;
            floored += result < 0 && result == lines["floor"] ? 1 : 0;
        }

        var seen = stored.Select(s => s.Index).Distinct().Count();
        if (seen != agreements.Proposals.Count || moving < seen / 2 || withheld == 0 || capped == 0 || floored == 0)
        {
            throw new InvalidOperationException(
                $"Of {agreements.Proposals.Count} risk-shares {seen} were settled; {moving} move money, {withheld} lie within the threshold, "
                + $"{capped} at the cap, {floored} at the floor.");
        }
    }
}
