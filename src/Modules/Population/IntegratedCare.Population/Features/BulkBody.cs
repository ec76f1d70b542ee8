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
    /// <summary>The number of the line last read; the first is 1 (a CSV header counts).</summary>
    long Line { get; }

    /// <summary>The next line that is not empty, or null at the end. Null with <see cref="Overlong"/> set is a line too long to take.</summary>
    ValueTask<string?> ReadAsync(CancellationToken ct);

    bool Overlong { get; }
}

/// <summary>Newline-delimited JSON over a pipe: constant memory whatever the length of the body.</summary>
internal sealed class NdjsonLines(Stream body) : ILineReader
{
    public const int MaxLine = 256 * 1024;
    private readonly PipeReader _pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 64 * 1024));

    public long Line { get; private set; }

    public bool Overlong { get; private set; }

    public async ValueTask<string?> ReadAsync(CancellationToken ct)
    {
        Overlong = false;
        var skipping = false;
        while (true)
        {
            if (!_pipe.TryRead(out var read))
                read = await _pipe.ReadAsync(ct);
            var buffer = read.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var text = skipping ? "" : Encoding.UTF8.GetString(buffer.Slice(0, end)).TrimEnd('\r');
                _pipe.AdvanceTo(buffer.GetPosition(1, end));
                Line++;
                if (skipping)
                {
                    Overlong = true;
                    return "";
                }

                if (!string.IsNullOrWhiteSpace(text))
                    return text;
                continue;
            }

            if (buffer.Length > MaxLine)
            {
                skipping = true;
                _pipe.AdvanceTo(buffer.End);
            }
            else if (read.IsCompleted)
            {
                var text = Encoding.UTF8.GetString(buffer).TrimEnd('\r');
                _pipe.AdvanceTo(buffer.End);
                if (skipping || !string.IsNullOrWhiteSpace(text))
                    Line++;
                Overlong = skipping;
                return skipping ? "" : string.IsNullOrWhiteSpace(text) ? null : text;
            }
            else
            {
                _pipe.AdvanceTo(buffer.Start, buffer.End);
            }

            if (read.IsCompleted && skipping)
            {
                Line++;
                Overlong = true;
                return "";
            }
        }
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

    public async ValueTask<string?> ReadAsync(CancellationToken ct)
    {
        try
        {
            return await _csv.ReadAsync(ct) ? Encoding.UTF8.GetString(_csv.RawRecord) : null;
        }
        catch (Exception e) when (e is CsvFormatException or InvalidOperationException or InvalidDataException)
        {
            throw new RequestRefused(Problems.InvalidRequest, "The CSV cannot be read. The first line names the members, as JSON does, and no line is longer than 256 kB.");
        }
    }

    public string? Text(string member)
    {
        if (!_columns.TryGetValue(member, out var column))
            _columns[member] = column = _csv.TryGetFieldIndex(member, out var found) ? found : -1;
        return column < 0 || column >= _csv.FieldCount || _csv.IsEmpty(column) ? null : _csv.GetString(column);
    }

    // What does not read becomes a value that the validator refuses, so that all faults of a line show at once.
    public DateOnly? Date(string member) => Text(member) is { } text ? DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date) ? date : DateOnly.MinValue : null;

    public double? Number(string member) => Text(member) is { } text
        ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : -1 : null;

    public int? Whole(string member) => Text(member) is { } text ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : -1 : null;
}
