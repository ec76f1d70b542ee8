using System.Text;

namespace IntegratedCare.Metrics;

/// <summary>The module's embedded data.</summary>
internal static class DataFiles
{
    public static Stream Open(string name) =>
        typeof(DataFiles).Assembly.GetManifestResourceStream($"data.{name}") ?? throw new InvalidOperationException($"There is no data file {name}.");

    /// <summary>The rows of a CSV whose lines starting with <c>#</c> are its citation, without the header. Cells hold no quotes but for commas.</summary>
    public static IEnumerable<IReadOnlyList<string>> Rows(string name)
    {
        using var reader = new StreamReader(Open(name));
        var header = true;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (!header)
                yield return Cells(line);
            header = false;
        }
    }

    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        cells.Add(cell.ToString());
        return cells;
    }
}
