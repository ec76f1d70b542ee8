using System.Globalization;

namespace IntegratedCare.Demo;

/// <summary>
/// An invented care system shaped like Northumberland: one acute-community trust, one commissioner, two councils, and
/// practices in four localities. The same seed gives the same people and events. Nobody in it is real.
/// </summary>
internal sealed class SyntheticSystem(int persons, int seed, DateOnly quarterStart, IReadOnlyList<DemoPractice> practices)
{
    public const string System = "NORTHUMBRIA";
    public const string Place = "NORTHUMBRIA-COUNTY";
    public const string Trust = "RZ1";
    public const string Commissioner = "99A";
    public const string County = "E06000991";
    public const string Coast = "E08000992";

    private static readonly string[] FamilyNames =
    [
        "Armstrong", "Bell", "Charlton", "Dodds", "Elliot", "Forster", "Graham", "Hall", "Heron", "Milburn",
        "Nixon", "Ogle", "Percy", "Reed", "Ridley", "Robson", "Selby", "Swinburne", "Thirlwall", "Widdrington",
    ];

    private static readonly string[] GivenNames =
    [
        "Ada", "Alan", "Anne", "Brian", "Carol", "David", "Dorothy", "Edith", "Eric", "Grace", "Harry", "Irene",
        "James", "Jean", "Kenneth", "Linda", "Margaret", "Norman", "Olive", "Peter", "Ruth", "Sheila", "Thomas", "Winifred",
    ];

    private static readonly string[] LocalityNames = ["North", "West", "Central", "Coast"];

    /// <summary>Share of people by ten-year band, older than England as a whole.</summary>
    private static readonly double[] AgeShares = [0.10, 0.11, 0.09, 0.11, 0.12, 0.15, 0.14, 0.11, 0.055, 0.015];

    /// <summary>Long-term conditions: ICD-10, register, chance at 30, further chance per decade beyond.</summary>
    private static readonly (string Code, string Register, double At30, double PerDecade)[] Conditions =
    [
        ("I10X", "hypertension", 0.03, 0.09), ("E119", "diabetes", 0.02, 0.035), ("J449", "copd", 0.004, 0.022), ("J459", "asthma", 0.06, 0.0),
        ("I259", "coronary-heart-disease", 0.003, 0.030), ("I500", "heart-failure", 0.001, 0.014), ("I48X", "atrial-fibrillation", 0.002, 0.020),
        ("N183", "chronic-kidney-disease", 0.003, 0.022), ("F03X", "dementia", 0.0, 0.010), ("F329", "depression", 0.09, 0.005),
        ("I639", "stroke", 0.001, 0.012), ("M819", "osteoporosis", 0.001, 0.014),
    ];

    /// <summary>What frail people are also coded with when they are in hospital.</summary>
    private static readonly string[] FrailtyCodes =
    [
        "R268", "W19X", "N390", "R410", "F059", "R54X", "S003", "E86X", "I951", "R296", "L031", "K590", "R55X", "Z740", "N179", "J181",
    ];

    private static readonly (string Code, string? Needs)[] EmergencyReasons =
    [
        ("I500", "I500"), ("J441", "J449"), ("J459", "J459"), ("E116", "E119"), ("I209", "I259"), ("I48X", "I48X"),
        ("G409", null), ("J181", null), ("N390", null),
        ("R074", null), ("R104", null), ("S720", null), ("A419", null), ("K529", null), ("L031", null), ("R55X", null), ("I639", null), ("K922", null),
    ];

    public int Persons => persons;

    /// <summary>The first day of the quarter that is settled.</summary>
    public DateOnly QuarterStart => quarterStart;

    public DateOnly QuarterEnd => quarterStart.AddMonths(3).AddDays(-1);

    /// <summary>Events cover the two years that end with the quarter.</summary>
    private DateOnly From => quarterStart.AddMonths(-21);

    public IReadOnlyList<DemoPractice> Practices => practices;

    public IEnumerable<(string Code, string Name, string[] Practices)> Localities => LocalityNames.Select((name, i) =>
        ($"NORTHUMBRIA-{name.ToUpperInvariant()}", name, practices.Where((_, n) => n % LocalityNames.Length == i).Select(p => p.Code).ToArray()));

    public IEnumerable<(string Code, string Name, string Kind)> Organisations =>
    [
        (Trust, "Demo Acute and Community Trust", "acute-trust"), ("RZ2", "Demo Mental Health Trust", "mental-health-trust"),
        (Commissioner, "Demo Clinical Commissioner", "commissioner"),
        (County, "Demo County Council", "local-authority"), (Coast, "Demo Coast Council", "local-authority"),
        ("VOL01", "Demo Good Neighbours", "voluntary"), ("OPR01", "Demo System Operator", "system-operator"),
        .. practices.Select((practice, n) => (practice.Code, $"Demo Practice {n + 1}", "general-practice")),
    ];

    public IEnumerable<object> PersonLines() => Enumerable.Range(0, persons).Select(n =>
    {
        var p = Invent(n);
        return (object)new
        {
            nhsNumber = p.NhsNumber,
            familyName = p.FamilyName,
            givenName = p.GivenName,
            birthDate = p.BirthDate,
            sex = p.Sex,
            practice = p.Practice,
            registeredFrom = p.RegisteredFrom,
            ethnicCategory = "A",
            lsoa = $"E0100{1000 + p.Decile * 37 + n % 37:0000}",
            imdScore = Math.Round(68.0 / p.Decile, 2),
            imdDecile = p.Decile,
        };
    });

    public IEnumerable<object> EventLines() => Enumerable.Range(0, persons).SelectMany(n => EventsOf(n, Invent(n)));

    private Invented Invent(int n)
    {
        var random = new Random(unchecked(seed * 7919 + n));
        var band = Pick(random, AgeShares);
        var birth = quarterStart.AddYears(-(band * 10 + random.Next(10))).AddDays(-random.Next(365));
        var practice = random.Next(practices.Count) + 1;
        // Practices differ in deprivation: some serve poorer places.
        var decile = Math.Clamp(1 + practice % 10 + random.Next(-2, 3), 1, 10);
        return new Invented(
            NhsNumber(n),
            FamilyNames[random.Next(FamilyNames.Length)],
            GivenNames[random.Next(GivenNames.Length)],
            birth,
            random.Next(2) == 0 ? "1" : "2",
            practices[practice - 1].Code,
            birth > From.AddYears(-4) ? birth : From.AddYears(-4).AddDays(random.Next(1000)),
            decile,
            random);
    }

    private IEnumerable<object> EventsOf(int n, Invented p)
    {
        var random = p.Random;
        var age = quarterStart.Year - p.BirthDate.Year;
        var has = new HashSet<string>();
        var sequence = 0;
        foreach (var (code, register, at30, perDecade) in Conditions)
        {
            var chance = age < 18 ? at30 / 4 : at30 + perDecade * Math.Max(0, age - 30) / 10 * (1.3 - p.Decile * 0.06);
            if (random.NextDouble() >= chance)
                continue;
            has.Add(code);
            yield return Event(n, sequence++, p, "condition-recorded", $"urn:ods:{p.Practice}", new
            {
                recordId = $"demo-{n}-c{has.Count}",
                recordVersion = 1,
                code,
                register,
                onset = From.AddDays(-random.Next(3000)) is var onset && onset > p.BirthDate ? onset : p.BirthDate,
            });
        }

        // Frailty rises with age and conditions; it drives admissions, length of stay and what is coded.
        var frailty = Math.Clamp((age - 62) / 60.0 + has.Count * 0.055 + random.NextDouble() * 0.25 - 0.1, 0, 1);
        var died = random.NextDouble() < (age > 60 ? 0.012 * Math.Exp((age - 70) / 12.0) : 0.002) ? From.AddDays(30 + random.Next(600)) : (DateOnly?)null;
        var last = died ?? QuarterEnd;
        var perYear = 0.035 + age / 1500.0 + frailty * frailty * 1.9;
        for (var day = From.AddDays(Wait(random, perYear)); day < last; day = day.AddDays(1 + Wait(random, perYear)))
        {
            var stay = frailty < 0.15 && random.NextDouble() < 0.4 ? 0 : (int)Math.Min(60, -Math.Log(1 - random.NextDouble()) * (1.5 + frailty * 11));
            var arrived = At(day, random);
            var attended = random.NextDouble() < 0.75;
            if (attended)
                yield return Attendance(n, sequence++, p, arrived, admitted: true, random);
            var reasons = EmergencyReasons.Where(r => r.Needs is null || has.Contains(r.Needs)).ToArray();
            var diagnoses = new List<string> { reasons[random.Next(reasons.Length)].Code };
            diagnoses.AddRange(has.Where(c => !diagnoses.Contains(c) && random.NextDouble() < 0.7));
            diagnoses.AddRange(FrailtyCodes.Where(c => !diagnoses.Contains(c) && random.NextDouble() < frailty * 0.55));
            var out_ = day.AddDays(stay);
            var open = out_ > QuarterEnd;
            yield return Event(n, sequence++, p, "inpatient-spell", $"urn:ods:{Trust}:epr", new
            {
                recordId = $"demo-{n}-s{sequence}",
                recordVersion = 1,
                provider = Trust,
                admissionMethod = attended ? "21" : random.Next(3) == 0 ? "24" : "22",
                admissionSource = "19",
                admitted = arrived,
                discharged = open ? null : (DateTime?)At(out_, random, after: stay == 0 ? arrived : null),
                dischargeDestination = open ? null : died is not null && out_ >= died ? "79" : frailty > 0.75 && random.NextDouble() < 0.15 ? "54" : "19",
                patientClass = "1",
                diagnoses = diagnoses.Take(20).ToArray(),
                tariffPrice = decimal.Round(900 + stay * 240 + diagnoses.Count * 85, 2),
                actualCost = decimal.Round(620 + stay * 255 + diagnoses.Count * 60, 2),
            });
            day = out_;
        }

        for (var day = From.AddDays(Wait(random, 0.28)); day < last; day = day.AddDays(1 + Wait(random, 0.28)))
            yield return Attendance(n, sequence++, p, At(day, random), admitted: false, random);

        if (frailty > 0.45 && random.NextDouble() < frailty)
        {
            var residential = frailty > 0.8 && random.NextDouble() < 0.3;
            yield return Event(n, sequence++, p, "social-care-service", $"urn:ods:{(p.Decile > 4 ? County : Coast)}", new
            {
                recordId = $"demo-{n}-w",
                recordVersion = 1,
                council = p.Decile > 4 ? County : Coast,
                kind = residential ? "residential" : random.Next(3) == 0 ? "reablement" : "home-care",
                started = From.AddDays(random.Next(500)),
                weeklyCost = residential ? 780.00m : 190.00m,
                permanent = residential,
            });
        }

        if (died is not null)
            yield return Event(n, sequence, p, "death-recorded", $"urn:ods:{p.Practice}", new { recordId = $"demo-{n}-d", recordVersion = 1, date = died });
    }

    private static object Attendance(int n, int sequence, Invented p, DateTime arrived, bool admitted, Random random) =>
        Event(n, sequence, p, "emergency-attendance", $"urn:ods:{Trust}:epr", new
        {
            recordId = $"demo-{n}-a{sequence}",
            recordVersion = 1,
            provider = Trust,
            departmentType = random.Next(4) == 0 ? "03" : "01",
            attendanceCategory = "1",
            arrived = arrived.AddHours(-2),
            departed = arrived,
            disposal = admitted ? "admitted" : "home",
            byAmbulance = random.Next(3) == 0,
            tariffPrice = 142.00m,
            actualCost = 118.00m,
        });

    private static object Event(int n, int sequence, Invented p, string kind, string source, object data) => new
    {
        specversion = "1.0",
        id = $"demo-{n}-{sequence}",
        source,
        type = $"uk.integratedcare.{kind}.v1",
        subject = p.NhsNumber,
        data,
    };

    /// <summary>
    /// The n-th valid NHS number of the range kept for tests (beginning with 999), n below 500,000. Of an even stem and its
    /// successor at least one has a check digit.
    /// </summary>
    private static string NhsNumber(int n)
    {
        for (var stem = 999_000_000L + n * 2L; ; stem++)
        {
            var sum = 0;
            var rest = stem;
            for (var weight = 2; weight <= 10; weight++, rest /= 10)
                sum += (int)(rest % 10) * weight;
            var check = 11 - sum % 11;
            if (check != 10)
                return string.Create(CultureInfo.InvariantCulture, $"{stem}{(check == 11 ? 0 : check)}");
        }
    }

    /// <summary>An instant of the day, in UTC, which JSON then writes with Z.</summary>
    private static DateTime At(DateOnly day, Random random, DateTime? after = null) =>
        after?.AddHours(1 + random.Next(10)) ?? day.ToDateTime(new TimeOnly(random.Next(24), random.Next(60)), DateTimeKind.Utc);

    private static int Wait(Random random, double perYear) => (int)Math.Min(4000, -Math.Log(1 - random.NextDouble()) * 365 / perYear);

    private static int Pick(Random random, double[] shares)
    {
        var at = random.NextDouble() * shares.Sum();
        for (var i = 0; i < shares.Length; i++)
        {
            if ((at -= shares[i]) < 0)
                return i;
        }

        return shares.Length - 1;
    }

    private sealed record Invented(
        string NhsNumber,
        string FamilyName,
        string GivenName,
        DateOnly BirthDate,
        string Sex,
        string Practice,
        DateOnly RegisteredFrom,
        int Decile,
        Random Random);
}
