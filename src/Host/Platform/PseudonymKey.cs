using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Host.Platform;

/// <summary>
/// The key that a database's pseudonyms are made with. With another the same person would have another pseudonym, and whoever follows
/// persons by theirs would take them for others.
/// </summary>
internal static class PseudonymKey
{
    /// <summary>Why this host may not serve the database; null if its key is the database's, which the first host sets.</summary>
    public static async Task<string?> FaultAsync(NpgsqlDataSource source, Pseudonyms pseudonyms, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync("INSERT INTO host.pseudonym_key (fingerprint) VALUES ($1) ON CONFLICT DO NOTHING", ct, pseudonyms.Fingerprint);
        return await connection.ScalarAsync("SELECT fingerprint FROM host.pseudonym_key", ct) as string == pseudonyms.Fingerprint
            ? null
            : "The pseudonyms of this database were made with another Access:PseudonymKey, and every person would get a new one. Start with the key "
                + "that it has been run with.";
    }
}
