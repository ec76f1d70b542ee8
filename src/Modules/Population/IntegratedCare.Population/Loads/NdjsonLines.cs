using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using CsvHelper;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace IntegratedCare.Population.Features;

/// <summary>Marks an endpoint that takes bulk bodies of any length, line by line.</summary>
internal sealed class BulkBody;

internal static class BulkRequests
{
    public static string? MediaType(this HttpContext http) =>
        MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() : null;

    public static void UnlimitedBody(this HttpContext http) => http.LimitBody(null);

    public static void LimitBody(this HttpContext http, long? bytes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = bytes;
        if (bytes is not null && http.Request.ContentLength > bytes)
            throw new RequestRefused(Problems.BodyTooLarge, Problems.BodyTooLarge.Explanation);
    }
}

/// <summary>The lines of a bulk body, one at a time.</summary>
internal interface ILineReader
{
    /// <summary>The number of the present line; the first is 1 (a CSV header counts).</summary>
    long Line { get; }

    /// <summary>The present line is too long to take, and empty.</summary>
    bool Overlong { get; }

    /// <summary>The present line as it was sent, in UTF-8. Good until the next.</summary>
    ReadOnlySpan<byte> Bytes { get; }

    string Text { get; }

    /// <summary>Goes to the next line that is not empty; false at the end.</summary>
    ValueTask<bool> NextAsync(CancellationToken ct);

    /// <summary>Why the body ends here although more was sent: from this line on it cannot be read.</summary>
    string? Broken => null;
}

/// <summary>Newline-delimited JSON over a pipe: constant memory whatever the length of the body, and no text made of a line unless asked for.</summary>
internal sealed class NdjsonLines(Stream body) : ILineReader
{
    public const int MaxLine = 256 * 1024;
    private readonly PipeReader _pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
    private ReadOnlySequence<byte> _rest;
    private ReadOnlyMemory<byte> _line;
    private bool _begun;
    private bool _completed;
    private bool _skipping;

    public long Line { get; private set; }

    public bool Overlong { get; private set; }

    public ReadOnlySpan<byte> Bytes => _line.Span;

    public string Text => Encoding.UTF8.GetString(_line.Span);

    /// <summary>The next line as text, or null at the end. Empty with <see cref="Overlong"/> set is a line too long to take.</summary>
    public async ValueTask<string?> ReadAsync(CancellationToken ct) => await NextAsync(ct) ? Text : null;

    public async ValueTask<bool> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            if (_rest.PositionOf((byte)'\n') is { } end)
            {
                Take(_rest.Slice(0, end));
                _rest = _rest.Slice(_rest.GetPosition(1, end));
                Line++;
                if (Overlong || !IsBlank())
                    return true;
                continue;
            }

            if (_rest.Length > MaxLine)
            {
                _skipping = true;
                _rest = _rest.Slice(_rest.End);
            }

            if (_completed)
            {
                Take(_rest);
                _rest = default;
                if (!Overlong && IsBlank())
                    return false;
                Line++;
                return true;
            }

            if (_begun)
                _pipe.AdvanceTo(_rest.Start, _rest.End);
            var read = await _pipe.ReadAsync(ct);
            (_begun, _rest, _completed) = (true, read.Buffer, read.IsCompleted);
        }
    }

    private void Take(ReadOnlySequence<byte> line)
    {
        (Overlong, _skipping) = (_skipping, false);
        _line = Overlong ? default : line.IsSingleSegment ? line.First : line.ToArray();
        _line = _line[.._line.Span.TrimEnd((byte)'\r').Length];
    }

    private bool IsBlank()
    {
        var text = _line.Span.TrimStart(" \t\r\v\f"u8);
        // Unicode knows more spaces than these.
        return text.IsEmpty || (!Ascii.IsValid(text[0]) && string.IsNullOrWhiteSpace(Text));
    }
}

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
            // Where the next line begins is anybody's guess after an unclosed quote or a line without end.
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

    // What does not read becomes a value that the validator refuses, so that all faults of a line show at once.
    public DateOnly? Date(string member) => Member(member) is { } text ? DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date) ? date : DateOnly.MinValue : null;

    public double? Number(string member) => Member(member) is { } text
        ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : -1 : null;

    public int? Whole(string member) => Member(member) is { } text ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : -1 : null;
}
