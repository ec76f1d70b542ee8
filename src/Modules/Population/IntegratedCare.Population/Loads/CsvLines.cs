using System.Globalization;
using System.Text;
using CsvHelper;

namespace IntegratedCare.Population.Loads;

/// <summary>CSV with a header line that names the members as JSON does.</summary>
internal sealed class CsvLines(Stream body) : ILineReader
{
    private readonly CsvReader _csv = CsvReader.Create(body, new CsvReaderOptions
    {
        Separator = ',',
        TrackLineNumbers = true,
        TrimWhitespace = true,
        MaxRecordSize = NdjsonLines.MaxLine,
        IncludeValuesInExceptions = false,
    }, leaveOpen: true);

    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);

    public long Line => _csv.LineNumber;

    public bool Overlong => false;

    public string? Broken { get; private set; }

    public ReadOnlySpan<byte> Bytes => _csv.RawRecord;

    public string Text => Encoding.UTF8.GetString(_csv.RawRecord);

    public async ValueTask<bool> NextAsync(CancellationToken ct)
    {
        try
        {
            return await _csv.ReadAsync(ct);
        }
        catch (Exception e) when (e is CsvFormatException or InvalidOperationException or InvalidDataException)
        {
            // After an unclosed quote or an overlong line the start of the next line is unknown.
            Broken = "The CSV cannot be read. The first line names the members, as JSON does, and no line is longer than 256 kB.";
            return false;
        }
    }

    public string? Member(string member)
    {
        if (!_columns.TryGetValue(member, out var column))
            _columns[member] = column = _csv.TryGetFieldIndex(member, out var found) ? found : -1;
        return column < 0 || column >= _csv.FieldCount || _csv.IsEmpty(column) ? null : _csv.GetString(column);
    }

    // A value that does not parse becomes one that the rules refuse, so that all faults of a line are reported at once.
    public DateOnly? Date(string member) =>
        Member(member) is { } text ? DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date) ? date : DateOnly.MinValue : null;

    public double? Number(string member) => Member(member) is { } text
        ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : -1 : null;

    public int? Whole(string member) => Member(member) is { } text
        ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : -1 : null;
}
