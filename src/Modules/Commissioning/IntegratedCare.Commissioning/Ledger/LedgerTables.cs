using IntegratedCare.Commissioning.Funds;
using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// The ledger: append-only, balanced at every commit. <c>xid</c> is the transaction that wrote a journal: only that one can add its
/// entries. The triggers that enforce this are in <c>Migrations/0001_after_append_only_ledger.sql</c>.
/// </summary>
internal static class LedgerTables
{
    public static IEnumerable<Table> Of(string schema)
    {
        var journal = ModuleTables.Table(schema, "journal")
            .With("id uuid not null", "seq bigserial not null", "fund_id uuid not null", "system text not null", "kind text not null",
                "reference text not null",
                "year text not null", "description text not null", "posted_at timestamptz not null", "xid xid8 not null default pg_current_xact_id()")
            .Key("id")
            .Index("journal_once", ["fund_id", "kind", "reference"], unique: true)
            .Index("journal_of_fund", ["fund_id", "seq"])
            .Index("journal_of_system", ["system", "year", "kind"]);
        var entry = ModuleTables.Table(schema, "entry")
            .With("journal_id uuid not null", "line integer not null", "account text not null", "organisation text", "amount numeric(18,2) not null")
            .Key("journal_id", "line");
        entry.ModifyColumn("journal_id").ForeignKeyTo(journal, "id");
        return [journal, entry];
    }

    /// <summary>Adds a journal to the ledger and publishes the event.</summary>
    public static async Task PostAsync(this CommissioningSession session, Fund fund, Journal journal, CancellationToken ct)
    {
        await session.BeginAsync(ct);
        await session.ExecuteAsync(
            """
            INSERT INTO commissioning.journal (id, fund_id, system, kind, reference, year, description, posted_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """, ct, journal.Id, journal.FundId, journal.System, journal.Kind, journal.Reference, journal.Year, journal.Description, journal.PostedAt);
        await session.ExecuteAsync(
            """
            INSERT INTO commissioning.entry (journal_id, line, account, organisation, amount)
            SELECT $1, * FROM unnest($2, $3, $4, $5)
            """, ct, journal.Id, journal.Entries.Select(e => e.Line).ToArray(), journal.Entries.Select(e => e.Account).ToArray(),
            SqlParameters.Text(journal.Entries, e => e.Organisation),
            journal.Entries.Select(e => e.Amount).ToArray());
        session.Publish(new Events.FundPosted(fund.Id, fund.Code, journal.Id, journal.Kind, journal.Reference, fund.Currency, journal.Amount,
            journal.PostedAt));
    }

    /// <summary>The journal of a kind under a reference, or null.</summary>
    public static async Task<Journal?> FindJournalAsync(this CommissioningSession session, Guid fundId, string kind, string reference, CancellationToken ct) =>
        (await session.ReadJournalsAsync("j.fund_id = $1 AND j.kind = $2 AND j.reference = $3", ct, fundId, kind, reference)).SingleOrDefault();

    /// <summary>A page of a fund's journals in the order of posting, each with its entries.</summary>
    public static Task<IReadOnlyList<Journal>> ListJournalsAsync(this CommissioningSession session, Guid fundId, long after, int take, CancellationToken ct) =>
        session.ReadJournalsAsync("j.fund_id = $1 AND j.seq > $2 ORDER BY j.seq LIMIT $3", ct, fundId, after, take);

    /// <summary>Each account's balance: debits less credits.</summary>
    public static async Task<IReadOnlyList<AccountBalance>> BalancesAsync(this CommissioningSession session, Guid fundId, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            """
            SELECT account, organisation, sum(amount) FROM commissioning.entry JOIN commissioning.journal ON id = journal_id
            WHERE fund_id = $1 GROUP BY account, organisation ORDER BY account, organisation
            """, ct, fundId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var balances = new List<AccountBalance>();
        while (await reader.ReadAsync(ct))
            balances.Add(new AccountBalance(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetDecimal(2)));
        return balances;
    }

    /// <summary>By organisation, the net of the settlements that count in a system's year.</summary>
    public static async Task<IReadOnlyDictionary<string, decimal>> SettledAsync(this CommissioningSession session, string system, string year,
        CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            """
            SELECT organisation, sum(amount) FROM commissioning.entry JOIN commissioning.journal ON id = journal_id
            WHERE system = $1 AND year = $2 AND kind = $3 AND account = $4 GROUP BY organisation
            """, ct, system, year, Journal.Settlement, Accounts.Settlements);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var settled = new Dictionary<string, decimal>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
            settled[reader.GetString(0)] = reader.GetDecimal(1);
        return settled;
    }

    private static async Task<IReadOnlyList<Journal>> ReadJournalsAsync(this CommissioningSession session, string where, CancellationToken ct,
        params object[] values)
    {
        await using var command = await session.CommandAsync(
            $"""
            WITH page AS (SELECT * FROM commissioning.journal j WHERE {where})
            SELECT j.id, j.fund_id, j.system, j.kind, j.reference, j.year, j.description, j.posted_at, j.seq, e.line, e.account, e.organisation, e.amount
            FROM page j LEFT JOIN commissioning.entry e ON e.journal_id = j.id ORDER BY j.seq, e.line
            """, ct, values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var journals = new List<Journal>();
        var entries = new List<Entry>();
        while (await reader.ReadAsync(ct))
        {
            if (journals.Count == 0 || journals[^1].Id != reader.GetGuid(0))
            {
                entries = [];
                journals.Add(new Journal(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                    reader.GetString(5),
                    reader.GetString(6), reader.GetFieldValue<DateTimeOffset>(7), entries, reader.GetInt64(8)));
            }

            if (!reader.IsDBNull(9))
                entries.Add(new Entry(reader.GetInt32(9), reader.GetString(10), reader.IsDBNull(11) ? null : reader.GetString(11), reader.GetDecimal(12)));
        }

        return journals;
    }
}
