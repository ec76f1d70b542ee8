using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace IntegratedCare.Population.Loads;

/// <summary>Newline-delimited JSON over a pipe: constant memory for bodies of any length, and no string per line unless asked for.</summary>
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

    /// <summary>Valid until the next line is read.</summary>
    public ReadOnlyMemory<byte> Memory => _line;

    public ReadOnlySpan<byte> Bytes => _line.Span;

    public string Text => Encoding.UTF8.GetString(_line.Span);

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
