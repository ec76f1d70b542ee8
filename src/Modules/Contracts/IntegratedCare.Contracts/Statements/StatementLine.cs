using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IntegratedCare.Contracts.Statements;

/// <param name="Rule">The clause of the terms that it applies.</param>
/// <param name="Arithmetic">The computation of the result, in numbers; see <see cref="Figure"/> for the functions.</param>
internal sealed record StatementLine(int Number, string Code, string Title, string Rule, IReadOnlyList<LineInput> Inputs, string Arithmetic, string Unit,
    decimal Result);

/// <param name="Line">The line it is the result of; null for a term or a published value.</param>
internal sealed record LineInput(string Name, int? Line, decimal Value);

/// <param name="Amount">Positive: received from the fund; negative: paid into it.</param>
internal sealed record StatementTransfer(string Party, decimal Amount, int Line);

internal sealed record StatementWarning(string Code, bool Raised, string Message, IReadOnlyList<int> Lines);

/// <summary>A line that a version of a settlement changed.</summary>
internal sealed record LineDifference(string Code, string Title, int? LineBefore, int? Line, string Unit, decimal? Before, decimal? After, decimal Change)
{
    public static IReadOnlyList<LineDifference> Between(IReadOnlyList<StatementLine> before, IReadOnlyList<StatementLine> after)
    {
        var old = before.ToDictionary(l => l.Code);
        var differences = after.Select(l => old.Remove(l.Code, out var o)
            ? new LineDifference(l.Code, l.Title, o.Number, l.Number, l.Unit, o.Result, l.Result, l.Result - o.Result)
            : new LineDifference(l.Code, l.Title, null, l.Number, l.Unit, null, l.Result, l.Result)).ToList();
        differences.AddRange(before.Where(l => old.ContainsKey(l.Code))
            .Select(l => new LineDifference(l.Code, l.Title, l.Number, null, l.Unit, l.Result, null, -l.Result)));
        return [.. differences.Where(d => d.Change != 0)];
    }
}

/// <summary>The lines of a statement as CSV.</summary>
internal static class StatementCsv
{
    public static string Of(IReadOnlyList<StatementLine> lines)
    {
        var csv = new StringBuilder("number,code,title,rule,arithmetic,unit,result\r\n");
        foreach (var line in lines)
        {
            csv.AppendJoin(',', [
                line.Number.ToString(CultureInfo.InvariantCulture), Quote(line.Code), Quote(line.Title), Quote(line.Rule), Quote(line.Arithmetic),
                Quote(line.Unit),
                line.Result.ToString(CultureInfo.InvariantCulture)]).Append("\r\n");
        }

        return csv.ToString();
    }

    private static string Quote(string text) => $"\"{text.Replace("\"", "\"\"")}\"";
}

/// <summary>The hash by which a statement is known.</summary>
internal static class StatementHash
{
    public static string Of(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
