namespace IntegratedCare.Population.Loads;

/// <summary>The lines of a bulk body, one at a time.</summary>
internal interface ILineReader
{
    /// <summary>The number of the present line; the first is 1 (a CSV header counts).</summary>
    long Line { get; }

    /// <summary>The present line is too long, and returned empty.</summary>
    bool Overlong { get; }

    /// <summary>The present line as it was sent, in UTF-8. Good until the next.</summary>
    ReadOnlySpan<byte> Bytes { get; }

    string Text { get; }

    /// <summary>Goes to the next line that is not empty; false at the end.</summary>
    ValueTask<bool> NextAsync(CancellationToken ct);

    /// <summary>Why the rest of the body, from this line on, cannot be read; null when it can.</summary>
    string? Broken => null;
}
