using IntegratedCare.Contracts.Settlements.Statements;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>A settlement's statement in the format that the caller accepts.</summary>
internal static class StatementAnswers
{
    /// <param name="names">Of the parties, for the page; the bytes hold their codes.</param>
    public static StatementAnswer<Statement> Of(byte[] bytes, IReadOnlyDictionary<string, string>? names = null) => new(
        bytes, () => StatementCsv.Of(Statement.FromBytes(bytes).Lines), () => StatementPage.Of(Statement.FromBytes(bytes), StatementHash.Of(bytes), names));
}
