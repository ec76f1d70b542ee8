using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Domain;

/// <summary>All a settlement is made from: whose, under which terms, for when, and the frozen values and inputs.</summary>
internal sealed record SettlementPack(
    StatementRiskShare RiskShare, int TermsVersion, RiskShareTerms Terms, string Period, IReadOnlyList<FrozenValue> Values, SettlementInputs? Inputs = null);

internal sealed record StatementRiskShare(Guid Id, Guid AgreementId, string Title);

/// <summary>A published value as it stood when the settlement froze it.</summary>
/// <param name="Activity">Its numerator: activity, or money where the result is measured in money.</param>
internal sealed record FrozenValue(
    string Period, decimal Activity, Guid? ValueId = null, int? DefinitionVersion = null, int? Version = null, string? Status = null, DateTimeOffset? KnownAt = null);

/// <summary>A settlement explained: made of its inputs alone, so anybody with the inputs gets the same bytes.</summary>
internal sealed record Statement(
    string Schema,
    StatementRiskShare RiskShare,
    int TermsVersion,
    string Period,
    string Currency,
    RiskShareTerms Terms,
    IReadOnlyList<FrozenValue> Values,
    SettlementInputs Inputs,
    IReadOnlyList<StatementLine> Lines,
    IReadOnlyList<StatementTransfer> Transfers,
    IReadOnlyList<StatementWarning> Warnings)
{
    /// <summary>Canonical JSON: UTF-8, no white space, members in order of name, nothing that is null, numbers at the fixed scale of their unit.</summary>
    public byte[] ToBytes() => CanonicalJson.ToBytes(this);

    public static Statement FromBytes(byte[] bytes) => JsonSerializer.Deserialize<Statement>(bytes, SharedJson.Storage)!;

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public string ToCsv() => ToCsv(Lines);

    public static string ToCsv(IReadOnlyList<StatementLine> lines)
    {
        var csv = new StringBuilder("number,code,title,rule,arithmetic,unit,result\r\n");
        foreach (var line in lines)
        {
            csv.AppendJoin(',', [line.Number.ToString(CultureInfo.InvariantCulture), Quote(line.Code), Quote(line.Title), Quote(line.Rule), Quote(line.Arithmetic), Quote(line.Unit),
                line.Result.ToString(CultureInfo.InvariantCulture)]).Append("\r\n");
        }

        return csv.ToString();
    }

    private static string Quote(string text) => $"\"{text.Replace("\"", "\"\"")}\"";
}

/// <param name="Rule">The clause of the terms it applies, in words.</param>
/// <param name="Arithmetic">What gives the result, in numbers; see <see cref="Figure"/> for the functions.</param>
internal sealed record StatementLine(int Number, string Code, string Title, string Rule, IReadOnlyList<LineInput> Inputs, string Arithmetic, string Unit, decimal Result);

/// <param name="Line">The line it is the result of; null for a term or a published value.</param>
internal sealed record LineInput(string Name, int? Line, decimal Value);

/// <param name="Amount">Positive: received from the fund; negative: paid into it.</param>
internal sealed record StatementTransfer(string Party, decimal Amount, int Line);

internal sealed record StatementWarning(string Code, bool Raised, string Message, IReadOnlyList<int> Lines);

/// <summary>What a version of a settlement changed, line by line.</summary>
internal sealed record LineDifference(string Code, string Title, int? LineBefore, int? Line, string Unit, decimal? Before, decimal? After, decimal Change)
{
    public static IReadOnlyList<LineDifference> Between(Statement before, Statement after) => Between(before.Lines, after.Lines);

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
