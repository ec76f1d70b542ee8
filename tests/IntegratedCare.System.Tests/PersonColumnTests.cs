using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>Each column with a person's id says what moves it when two persons are merged: none may be forgotten.</summary>
public sealed class PersonColumnTests(TestApp app) : IClassFixture<TestApp>
{
    [Fact]
    public async Task Every_column_with_persons_ids_names_what_follows_a_merge()
    {
        foreach (var module in app.Services.GetServices<IModule>())
        {
            var named = module.PersonColumns.Append(PersonColumn.Audit).Select(c => c.Column);
            named.ShouldBe(await InSchemaAsync(module.Schema), ignoreOrder: true, module.Name);
        }
    }

    [Fact]
    public void What_follows_a_merge_is_a_reaction_of_the_module_or_a_reason()
    {
        var columns = app.Services.GetServices<IModule>().SelectMany(m => m.PersonColumns.Select(c => (Module: m, Column: c))).ToList();
        columns.Count.ShouldBeGreaterThan(10);
        columns.Where(c => !c.Column.FollowedBy.StartsWith(PersonColumn.Stays, StringComparison.Ordinal) && c.Column.FollowedBy != PersonColumn.Merge
                && c.Module.GetType().Assembly.GetTypes().All(t => t.Name != c.Column.FollowedBy))
            .Select(c => $"{c.Module.Name}: {c.Column}").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_column_that_is_not_named_is_found()
    {
        await RunAsync("CREATE TABLE commissioning.plot (the_person_id uuid)");
        try
        {
            (await InSchemaAsync("commissioning")).ShouldBe(["audit.persons", "plot.the_person_id"], ignoreOrder: true);
        }
        finally
        {
            await RunAsync("DROP TABLE commissioning.plot");
        }
    }

    private async Task RunAsync(string sql)
    {
        await using var command = app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<List<string>> InSchemaAsync(string schema)
    {
        await using var command = app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            """
            SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname LIKE '%person%'
              AND a.atttypid IN ('uuid'::regtype, 'uuid[]'::regtype)
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = schema });
        var columns = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            columns.Add(reader.GetString(0));
        return columns;
    }
}
