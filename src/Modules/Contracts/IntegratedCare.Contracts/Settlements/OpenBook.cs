using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// Filters a statement by what the terms let a caller see. With <c>own-lines</c> a party that is not the payer sees the common lines and
/// its own; the others' numbers are left out, and the arithmetic that would reveal them.
/// </summary>
/// <param name="Own">The only party whose lines are shown; null: all are.</param>
internal sealed record OpenBook(string? Own)
{
    public static OpenBook For(Statement statement, AccessContext access) => new(ShowsAll(statement, access) ? null : access.Organisation);

    public static bool ShowsAll(Statement statement, AccessContext access) =>
        ContractsSession.SeesAll(access) || statement.Terms.OpenBook != RiskShareTerms.OwnLines || statement.Terms.Payer == access.Organisation;

    /// <summary>The statement's bytes. Without the others' lines they differ from those that were hashed.</summary>
    public static byte[] Filter(byte[] bytes, AccessContext access)
    {
        var statement = Statement.FromBytes(bytes);
        return ShowsAll(statement, access) ? bytes : For(statement, access).Filter(statement).ToBytes();
    }

    public bool ShowsParty(string party) => Own is null || party == Own;

    /// <summary>Whether a line is common, or the caller's own: codes such as <c>share:RZ1</c> name the party.</summary>
    public bool Shows(string code) => Own is null || !IsOfOneParty(code) || code[(code.IndexOf(':') + 1)..] == Own;

    public Statement Filter(Statement statement)
    {
        if (Own is null)
            return statement;
        var hidden = statement.Lines.Where(l => !Shows(l.Code)).Select(l => l.Number).ToHashSet();
        return statement with
        {
            Inputs = statement.Inputs with { Parties = statement.Inputs.Parties is { } parties ? [.. parties.Where(p => ShowsParty(p.Party))] : null },
            Lines = [.. statement.Lines.Where(l => !hidden.Contains(l.Number))
                .Select(l => UsesOthers(l, hidden) ? l with { Arithmetic = "", Inputs = [.. l.Inputs.Where(i => !IsOthers(i, hidden))] } : l)],
            Transfers = [.. statement.Transfers.Where(t => ShowsParty(t.Party))],
        };
    }

    private bool UsesOthers(StatementLine line, HashSet<int> hidden) => line.Inputs.Any(i => IsOthers(i, hidden));

    private bool IsOthers(LineInput input, HashSet<int> hidden) => (input.Line is { } number && hidden.Contains(number))
        || (input.Name.StartsWith("inputs.parties.", StringComparison.Ordinal) && !input.Name.StartsWith($"inputs.parties.{Own}.", StringComparison.Ordinal));

    private static bool IsOfOneParty(string code) =>
        code.Split(':')[0] is "share" or "transfer" or "cap" or "floor" or "own-loss" or "made-good" or "rest" && code.Contains(':');
}
