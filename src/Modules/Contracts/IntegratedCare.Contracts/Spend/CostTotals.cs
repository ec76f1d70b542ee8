using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Spend;

/// <summary>The spend of one scope and period, the same in any order of the facts.</summary>
/// <param name="Persons">Persons registered, on average over the days of the period, to 2 places; null where an age limit splits a
/// band of the register counts.</param>
/// <param name="MonthsCounted">Months of the period for which a register count of the area has arrived.</param>
/// <param name="Records">Care records counted.</param>
/// <param name="WithoutPrice">Of them, those without a price: spend at price is too low by their amounts.</param>
/// <param name="WithoutCost">Of them, those without an actual cost.</param>
/// <param name="HighestVersion">The highest version of a record counted, 0 without one.</param>
/// <param name="Versions">The sum of the versions of the records counted: it rises with every amendment of one, up to
/// <see cref="SharedJson.MaxExactInteger"/>.</param>
internal sealed record CostInput(
    CostScope Scope,
    string Period,
    decimal? Persons,
    int MonthsCounted,
    long PersonsWithCare,
    long Records,
    long WithoutPrice,
    long WithoutCost,
    CostSpend AtPrice,
    CostSpend AtCost,
    long HighestVersion,
    long Versions);

/// <summary>Spend in pounds and pence.</summary>
/// <param name="Before">All of it.</param>
/// <param name="Cut">The amounts above the limit for one person, over all persons.</param>
/// <param name="After">Before less cut: the amount that counts.</param>
/// <param name="PersonsCut">Persons above the limit.</param>
internal sealed record CostSpend(decimal Before, decimal Cut, decimal After, long PersonsCut);

/// <summary>One care record as it is added up: money in pence, <see cref="CostTotals.None"/> where there is none.</summary>
internal readonly record struct CostEntry(int Person, int Area, int Care, short Age, long Price, long Cost, long Version);

/// <summary>
/// Adds up care records for many scopes in one pass. A person's records are adjacent, so that the limit for one person needs no memory
/// for others.
/// </summary>
internal static class CostTotals
{
    /// <summary>An amount that is not known.</summary>
    public const long None = long.MinValue;

    /// <summary>
    /// A weekly amount for the days from <paramref name="from"/> to the day before <paramref name="to"/> of a
    /// service that began on <paramref name="began"/>, in pence. It is the difference of the amounts due by either day, each
    /// rounded half away from zero, so that months add up to their year to the penny.
    /// </summary>
    public static long Accrued(long weekly, DateOnly began, DateOnly from, DateOnly to)
    {
        return weekly == None ? None : DueBy(to) - DueBy(from);

        // For numbers that are not negative, half up is half away from zero.
        long DueBy(DateOnly day) => (2 * weekly * Math.Max(day.DayNumber - began.DayNumber, 0) + 7) / 14;
    }

    /// <param name="persons">The number of persons in the entries: each has a number below it.</param>
    /// <param name="areas">By the number that entries have in <see cref="CostEntry.Area"/>.</param>
    /// <param name="cares">By the number that entries have in <see cref="CostEntry.Care"/>.</param>
    public static IReadOnlyList<CostSum> Add(
        IReadOnlyList<CostScope> scopes, ReadOnlySpan<CostEntry> entries, int persons, IReadOnlyDictionary<int, CostArea> areas,
        IReadOnlyDictionary<int, CostCare> cares)
    {
        var sums = scopes.Select(s => new CostSum(s)).ToArray();
        var inArea = ByNumber(areas, area => Enumerable.Range(0, sums.Length).Where(s => scopes[s].CountsArea(area)).ToArray());
        var ofCare = ByNumber(cares, care => scopes.Select(s => s.CountsCare(care)).ToArray());
        var touched = new List<int>();
        var order = ByPerson(entries, persons);
        for (var i = 0; i < order.Length; i++)
        {
            ref readonly var entry = ref entries[order[i]];
            var counted = ofCare[entry.Care];
            foreach (var s in inArea[entry.Area])
            {
                if (counted[s] && sums[s].CountsAge(entry.Age) && sums[s].Add(entry))
                    touched.Add(s);
            }

            if (i + 1 == order.Length || entries[order[i + 1]].Person != entry.Person)
            {
                foreach (var s in touched)
                    sums[s].ClosePerson();
                touched.Clear();
            }
        }

        return sums;
    }

    private static T[] ByNumber<TKept, T>(IReadOnlyDictionary<int, TKept> kept, Func<TKept, T> value)
    {
        var byNumber = new T[kept.Count == 0 ? 0 : kept.Keys.Max() + 1];
        foreach (var (number, one) in kept)
            byNumber[number] = value(one);
        return byNumber;
    }

    /// <summary>The indexes of the entries grouped by person: a counting sort.</summary>
    private static int[] ByPerson(ReadOnlySpan<CostEntry> entries, int persons)
    {
        var next = new int[persons + 1];
        foreach (ref readonly var entry in entries)
            next[entry.Person + 1]++;
        for (var p = 1; p <= persons; p++)
            next[p] += next[p - 1];
        var order = new int[entries.Length];
        for (var i = 0; i < entries.Length; i++)
            order[next[entries[i].Person]++] = i;
        return order;
    }
}

/// <summary>The running sums of one scope.</summary>
internal sealed class CostSum(CostScope scope)
{
    private readonly int _ageFrom = scope.AnyAge ? int.MinValue : scope.AgeFrom ?? 0;
    private readonly int _ageTo = scope.AgeTo ?? int.MaxValue;
    private readonly long _limit = scope.TruncateAt is { } limit ? (long)(limit * 100) : long.MaxValue;
    private long _price, _priceCut, _pricePersonsCut, _cost, _costCut, _costPersonsCut;
    private long _personPrice, _personCost;
    private bool _open;

    public long Persons { get; private set; }
    public long Records { get; private set; }
    public long WithoutPrice { get; private set; }
    public long WithoutCost { get; private set; }
    public long HighestVersion { get; private set; }
    public long Versions { get; private set; }

    public CostSpend AtPrice => Spend(_price, _priceCut, _pricePersonsCut);
    public CostSpend AtCost => Spend(_cost, _costCut, _costPersonsCut);

    /// <param name="age">-1 where it is not known.</param>
    public bool CountsAge(int age) => age >= _ageFrom && age <= _ageTo;

    /// <summary>Adds an entry; true if it is the person's first.</summary>
    public bool Add(in CostEntry entry)
    {
        Records++;
        // Versions may be instants in microseconds: the sum of a few exceeds what every JSON reader holds exactly.
        Versions = Math.Min(SharedJson.MaxExactInteger, Versions + Math.Min(entry.Version, SharedJson.MaxExactInteger));
        HighestVersion = Math.Max(HighestVersion, entry.Version);
        if (entry.Price == CostTotals.None)
            WithoutPrice++;
        else
            _personPrice += entry.Price;
        if (entry.Cost == CostTotals.None)
            WithoutCost++;
        else
            _personCost += entry.Cost;
        var first = !_open;
        _open = true;
        return first;
    }

    public void ClosePerson()
    {
        Persons++;
        _price += _personPrice;
        _cost += _personCost;
        if (_personPrice > _limit)
        {
            _priceCut += _personPrice - _limit;
            _pricePersonsCut++;
        }

        if (_personCost > _limit)
        {
            _costCut += _personCost - _limit;
            _costPersonsCut++;
        }

        (_personPrice, _personCost, _open) = (0, 0, false);
    }

    private static CostSpend Spend(long before, long cut, long persons) => new(Pounds(before), Pounds(cut), Pounds(before - cut), persons);

    private static decimal Pounds(long pence) => Units.Fix(pence / 100m, Units.Scale(Units.Money));
}
