using System.Text.RegularExpressions;
using JasperFx;
using Marten;
using Npgsql;
using Weasel.Core;

namespace IntegratedCare.Shared.Documents;

/// <summary>A schema cannot be brought up to date. The message says why, and what to do.</summary>
public sealed class MigrationRefused(string message) : Exception(message);

/// <summary>
/// Brings one module's schema to what its store declares. Data is moved by numbered SQL files, <c>Migrations/NNNN_before_words.sql</c>
/// and <c>Migrations/NNNN_after_words.sql</c>, run once each on either side of the difference; a schema that is new runs only the latter.
/// </summary>
internal static partial class StoreMigrator
{
    /// <summary>The differences between database and declaration, and the steps that have not run.</summary>
    public static async Task<IReadOnlyList<string>> PendingAsync(IModule module, IDocumentStore store, NpgsqlConnection connection, CancellationToken ct)
    {
        var migration = await store.Storage.Database.CreateMigrationAsync(ct);
        var pending = migration.Deltas.Where(d => d.Difference != SchemaPatchDifference.None).Select(d => $"{module.Schema}: {d.SchemaObject.Identifier.Name}")
            .ToList();
        var done = await DoneAsync(connection, module, ct);
        pending.AddRange(Steps(module).Where(s => !done.Contains(s.Name)).Select(s => $"{module.Schema}: {s.Name}"));
        return pending;
    }

    /// <summary>
    /// Applies the pending changes and returns their names: the steps before in one transaction, all else in another, because the difference is
    /// read on a connection of its own, which would wait for what such a step locks and not see what it has done. The caller holds the lock.
    /// </summary>
    public static async Task<IReadOnlyList<string>> MigrateAsync(IModule module, IDocumentStore store, NpgsqlConnection connection, CancellationToken ct)
    {
        var applied = new List<string>();
        var done = await DoneAsync(connection, module, ct);
        await using (var before = await connection.BeginTransactionAsync(ct))
        {
            await connection.ExecuteAsync("""
                CREATE SCHEMA IF NOT EXISTS host;
                CREATE TABLE IF NOT EXISTS host.migration_step (
                  module text NOT NULL, step text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (module, step));
                """, ct);
            var isNew = await connection.ScalarAsync(
                "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p'))", ct, module.Schema) is true;
            foreach (var step in Steps(module).Where(s => s.Before && !done.Contains(s.Name)))
                await RunAsync(connection, module, step, run: !isNew, applied, ct);
            await before.CommitAsync(ct);
        }

        await using var transaction = await connection.BeginTransactionAsync(ct);
        var migration = await store.Storage.Database.CreateMigrationAsync(ct);
        if (migration.Difference != SchemaPatchDifference.None)
        {
            var sql = new StringWriter();
            try
            {
                migration.WriteAllUpdates(sql, ((StoreOptions)store.Options).Advanced.Migrator, AutoCreate.CreateOrUpdate);
            }
            catch (SchemaMigrationException e)
            {
                throw new MigrationRefused($"The schema {module.Schema} cannot be brought up to date by itself ({e.Message.ReplaceLineEndings(" ")}): a "
                    + $"numbered step before it must. {Changed()}");
            }

            if (Drops(sql.ToString()).Except(module.AllowedDrops, StringComparer.OrdinalIgnoreCase).ToList() is { Count: > 0 } drops)
                throw new MigrationRefused($"The schema {module.Schema} holds what this release does not know, and nothing is dropped unasked: "
                    + $"{string.Join("; ", drops)}. {Changed()}");
            await connection.ExecuteAsync(sql.ToString(), ct);
            applied.AddRange(migration.Deltas.Where(d => d.Difference != SchemaPatchDifference.None).Select(d => d.SchemaObject.Identifier.Name));
        }

        foreach (var step in Steps(module).Where(s => !s.Before && !done.Contains(s.Name)))
            await RunAsync(connection, module, step, run: true, applied, ct);
        await transaction.CommitAsync(ct);
        return applied;

        string Changed() => applied.Count == 0 ? "Nothing was changed." : $"Nothing was changed but by {string.Join(", ", applied)}.";
    }

    /// <summary>The drops in a script: <c>table x</c>, <c>column y of table x</c>. A function that is replaced is not one.</summary>
    internal static IEnumerable<string> Drops(string script) => DropStatement().Matches(script)
        .Select(m => Regex.Replace(m.Value, @"\s+", " ", RegexOptions.None, TimeSpan.FromSeconds(1)).Trim().TrimEnd(';'))
        .Distinct(StringComparer.OrdinalIgnoreCase);

    private static async Task RunAsync(NpgsqlConnection connection, IModule module, Step step, bool run, List<string> applied, CancellationToken ct)
    {
        if (run)
        {
            await connection.ExecuteAsync(await step.SqlAsync(ct), ct);
            applied.Add(step.Name);
        }

        await connection.ExecuteAsync("INSERT INTO host.migration_step (module, step) VALUES ($1, $2)", ct, module.Schema, step.Name);
    }

    private static async Task<HashSet<string>> DoneAsync(NpgsqlConnection connection, IModule module, CancellationToken ct)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        if (await connection.ScalarAsync("SELECT to_regclass('host.migration_step') IS NOT NULL", ct) is not true)
            return done;
        await using var command = connection.Command("SELECT step FROM host.migration_step WHERE module = $1", module.Schema);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            done.Add(reader.GetString(0));
        return done;
    }

    /// <summary>The module's SQL files by number.</summary>
    internal static IReadOnlyList<Step> Steps(IModule module)
    {
        var assembly = module.GetType().Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Select(resource => (Resource: resource, Name: StepName().Match(resource)))
                .Where(r => r.Name.Success)
                .Select(r => new Step(r.Name.Groups["name"].Value, r.Name.Groups["side"].Value == "before", assembly, r.Resource))
                .OrderBy(s => s.Name, StringComparer.Ordinal),
        ];
    }

    internal sealed record Step(string Name, bool Before, System.Reflection.Assembly Assembly, string Resource)
    {
        public async Task<string> SqlAsync(CancellationToken ct)
        {
            using var reader = new StreamReader(Assembly.GetManifestResourceStream(Resource)!);
            return await reader.ReadToEndAsync(ct);
        }
    }

    [GeneratedRegex(@"\.(?<name>[0-9]{4}_(?<side>before|after)_[a-z0-9_]+)\.sql$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StepName();

    [GeneratedRegex(@"(?:alter\s+table\s+(?:if\s+exists\s+)?\S+\s+)?drop\s+(?:table|column|index|constraint|sequence|view|schema|type)\b[^;]*;",
        RegexOptions.IgnoreCase, 1000)]
    private static partial Regex DropStatement();
}
