using System.Globalization;
using System.Text;

namespace IntegratedCare.Benchmarks;

/// <summary>An invented person, one of a made-up register of 74 practices.</summary>
internal sealed record InventedPerson(
    long NhsNumber, string FamilyName, string GivenName, DateOnly BirthDate, string Sex, string Lsoa, double ImdScore, short ImdDecile, string Practice,
    DateOnly RegisteredFrom)
{
    public const int Practices = 74;

    private static readonly string[] Families =
        "Armstrong Bell Charlton Dodds Elliot Forster Graham Hall Heron Milburn Nixon Ogle Percy Reed Ridley Robson Selby Thirlwall".Split(' ');

    private static readonly string[] Given =
        "Ada Alan Anne Brian Carol David Dorothy Edith Eric Grace Harry Irene James Jean Kenneth Linda Margaret Norman Olive Peter".Split(' ');

    public static string PracticeCode(int n) => $"Y{99001 + n}";

    public static List<InventedPerson> Invent(int count)
    {
        var random = new Random(2026);
        var persons = new List<InventedPerson>(count);
        for (var stem = 999_000_000L; persons.Count < count; stem++)
        {
            if (CheckDigit(stem) is not { } check)
                continue;
            var birth = new DateOnly(1930, 1, 1).AddDays(random.Next(33_000));
            var decile = (short)random.Next(1, 11);
            persons.Add(new InventedPerson(
                stem * 10 + check, Families[random.Next(Families.Length)], Given[random.Next(Given.Length)], birth, random.Next(2) == 0 ? "1" : "2",
                string.Create(CultureInfo.InvariantCulture, $"E0100{1000 + random.Next(400):0000}"), Math.Round(68.0 / decile, 2), decile,
                PracticeCode(random.Next(Practices)), birth.AddDays(random.Next(400))));
        }

        return persons;
    }

    /// <summary>The register as one NDJSON body.</summary>
    public static byte[] Ndjson(IReadOnlyList<InventedPerson> persons)
    {
        using var body = new MemoryStream(persons.Count * 280);
        using var writer = new StreamWriter(body, new UTF8Encoding(false)) { NewLine = "\n" };
        foreach (var p in persons)
        {
            writer.WriteLine(
                $$"""
                {"nhsNumber":"{{p.NhsNumber}}","familyName":"{{p.FamilyName}}","givenName":"{{p.GivenName}}","birthDate":"{{p.BirthDate:yyyy-MM-dd}}",
                "sex":"{{p.Sex}}","practice":"{{p.Practice}}","registeredFrom":"{{p.RegisteredFrom:yyyy-MM-dd}}","ethnicCategory":"A",
                "lsoa":"{{p.Lsoa}}","imdScore":{{p.ImdScore}},"imdDecile":{{p.ImdDecile}}}
                """.ReplaceLineEndings(""));
        }

        writer.Flush();
        return body.ToArray();
    }

    private static int? CheckDigit(long stem)
    {
        var sum = 0;
        for (var weight = 2; weight <= 10; weight++, stem /= 10)
            sum += (int)(stem % 10) * weight;
        return (11 - sum % 11) switch { 11 => 0, 10 => null, var digit => digit };
    }
}

/// <summary>A row of the events' floor table.</summary>
internal sealed record EventRow(
    long Seq, Guid Key, DateTimeOffset ReceivedAt, string RecordId, long NhsNumber, DateTimeOffset Admitted, DateTimeOffset Discharged, string Payload);

/// <summary>Inpatient spells of about 1 kB. Bodies differ in id, record, person and day: those digits are set in place.</summary>
internal sealed class EventTemplate
{
    public const string Source = "urn:ods:RZ1:epr";
    public const string Diagnoses = "I500 J441 N179 E119 I10X I259 I48X F03X R268 W19X N390 R410 F059 R54X E86X I951 R296 L031 K590 Z740";
    public const string Procedures = "U212 Y981 X403 U071 E851 K634";
    public const decimal Price = 6150.00m;
    public const decimal Cost = 5820.50m;
    private const int IdDigits = 12;
    private const int Days = 90;
    private static long _last;

    private readonly byte[] _body;
    private readonly int[] _ids;
    private readonly int _subject;
    private readonly int[] _days;
    private readonly byte[][] _dates;
    private readonly IReadOnlyList<InventedPerson> _persons;
    private readonly DateOnly _first;

    public EventTemplate(IReadOnlyList<InventedPerson> persons, DateTimeOffset now)
    {
        _persons = persons;
        _first = DateOnly.FromDateTime(now.UtcDateTime).AddDays(-Days - 10);
        var dates = Enumerable.Range(0, Days + 10).Select(d => _first.AddDays(d).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        _dates = [.. dates.Select(Encoding.ASCII.GetBytes)];
        static string List(string codes) => string.Join(',', codes.Split(' ').Select(c => $"\"{c}\""));
        var text =
            $$$"""
            {"specversion":"1.0","id":"bench-############","source":"{{{Source}}}","type":"uk.integratedcare.inpatient-spell.v1","subject":"NNNNNNNNNN",
            "time":"DDDDDDDDDDT17:45:00Z","datacontenttype":"application/json",
            "correlationid":"ward-discharge-notification-of-the-electronic-patient-record","sequencetype":"Integer",
            "data":{"recordId":"spell-############","recordVersion":1,"status":"active","provider":"RZ1","site":"RZ101","admissionMethod":"21",
            "admissionSource":"19","admitted":"DDDDDDDDDDT03:20:00Z","dischargeReady":"EEEEEEEEEET10:05:00Z","discharged":"EEEEEEEEEET10:05:00Z",
            "dischargeDestination":"19","patientClass":"1","diagnoses":[{{{List(Diagnoses)}}}],"procedures":[{{{List(Procedures)}}}],
            "tariffPrice":{{{Price}}},"actualCost":{{{Cost}}} }}
            """.ReplaceLineEndings("");
        _ids = [text.IndexOf('#'), text.LastIndexOf('#') - IdDigits + 1];
        _subject = text.IndexOf("NNNNNNNNNN", StringComparison.Ordinal);
        _days = [.. Occurrences("DDDDDDDDDD"), -1, .. Occurrences("EEEEEEEEEE")];
        _body = Encoding.ASCII.GetBytes(text);

        IEnumerable<int> Occurrences(string mark)
        {
            for (var at = text.IndexOf(mark, StringComparison.Ordinal); at >= 0; at = text.IndexOf(mark, at + 1, StringComparison.Ordinal))
                yield return at;
        }
    }

    public int Length => _body.Length;

    /// <summary>A body of its own for one worker.</summary>
    public byte[] NewBody() => [.. _body];

    /// <summary>Makes the next event of a body, with an id never used before.</summary>
    public long Next(Span<byte> body)
    {
        var n = Interlocked.Increment(ref _last);
        foreach (var at in _ids)
            Digits(body.Slice(at, IdDigits), n);
        Digits(body.Slice(_subject, 10), Person(n).NhsNumber);
        var date = _dates[n % Days];
        foreach (var at in _days)
        {
            if (at < 0)
                date = _dates[n % Days + Stay(n)];
            else
                date.CopyTo(body[at..]);
        }

        return n;
    }

    /// <summary>A JSON array of events, and the rows it means.</summary>
    public (byte[] Body, EventRow[] Rows) Batch(int size, DateTimeOffset now)
    {
        var body = new byte[size * (_body.Length + 1) + 1];
        var rows = new EventRow[size];
        body[0] = (byte)'[';
        for (var i = 0; i < size; i++)
        {
            var one = body.AsSpan(1 + i * (_body.Length + 1), _body.Length);
            _body.CopyTo(one);
            var n = Next(one);
            body[1 + i * (_body.Length + 1) + _body.Length] = (byte)(i == size - 1 ? ']' : ',');
            var admitted = new DateTimeOffset(_first.AddDays((int)(n % Days)), new TimeOnly(3, 20), TimeSpan.Zero);
            var key = new byte[16];
            System.Security.Cryptography.SHA256.HashData(one)[..16].CopyTo(key.AsSpan());
            rows[i] = new EventRow(
                n, new Guid(key), now, $"spell-{n:000000000000}", Person(n).NhsNumber, admitted, admitted.AddDays(Stay(n)), Encoding.ASCII.GetString(one));
        }

        return (body, rows);
    }

    private static int Stay(long n) => (int)(n % 8);

    private InventedPerson Person(long n) => _persons[(int)(n * 7919 % _persons.Count)];

    private static void Digits(Span<byte> into, long number)
    {
        for (var i = into.Length - 1; i >= 0; i--, number /= 10)
            into[i] = (byte)('0' + number % 10);
    }
}
