using System.Reflection;
using System.Text.RegularExpressions;
using ArchUnitNET.xUnitV3;
using IntegratedCare.Population.Events;
using IntegratedCare.Population.Intake;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <summary>The rules of the architecture, over whatever modules there are; and beside each rule the proof that it bites.</summary>
public sealed partial class BoundaryTests(TestApp app) : IClassFixture<TestApp>
{
    private static readonly string[] Schemas = [.. ModuleOnDisk.All.Select(m => m.Schema)];

    [Fact]
    public void Every_module_on_disk_is_in_the_hosts_list_under_its_own_name_and_schema()
    {
        ModuleOnDisk.All.Count.ShouldBeGreaterThanOrEqualTo(5);
        app.Services.GetServices<IModule>().Select(m => (m.Name, m.Schema)).ShouldBe(ModuleOnDisk.All.Select(m => (m.Name, m.Schema)), ignoreOrder: true);
    }

    [Fact]
    public void Projects_reference_only_what_they_may()
    {
        var projects = ModuleOnDisk.All.SelectMany(m => Directory.EnumerateFiles(m.Folder, "*.csproj", SearchOption.AllDirectories)).ToList();
        projects.Count.ShouldBe(ModuleOnDisk.All.Count * 2);
        var references = projects.ConvertAll(ReferencesOnDisk);
        references.Sum(r => r.References.Count).ShouldBeGreaterThanOrEqualTo(projects.Count);
        references.SelectMany(r => Boundaries.References(r.Project, r.References)).ShouldBeEmpty();
    }

    [Fact]
    public void Assemblies_reference_only_what_they_may()
    {
        var assemblies = ModuleOnDisk.All.SelectMany(m => new[] { m.Assembly, m.Events }).ToList();
        assemblies.ShouldNotBeEmpty();
        assemblies.SelectMany(a => Boundaries.References(a.GetName().Name!, a.GetReferencedAssemblies().Select(r => r.Name!))).ShouldBeEmpty();
    }

    [Fact]
    public void Shared_the_embedded_PostgreSQL_and_the_demo_reference_no_project()
    {
        var projects = Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src"))
            .Where(f => Path.GetFileName(f) is not ("Host" or "Modules"))
            .SelectMany(f => Directory.EnumerateFiles(f, "*.csproj", SearchOption.AllDirectories))
            .Select(ReferencesOnDisk).ToList();
        projects.Select(p => p.Project).ShouldBe(Boundaries.Standalone, ignoreOrder: true);
        projects.SelectMany(p => Boundaries.References(p.Project, p.References)).ShouldBeEmpty();
        Boundaries.Standalone.Select(Assembly.Load)
            .SelectMany(a => Boundaries.References(a.GetName().Name!, a.GetReferencedAssemblies().Select(r => r.Name!))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("IntegratedCare.Contracts", "IntegratedCare.Population")]
    [InlineData("IntegratedCare.Contracts", "IntegratedCare.Host")]
    [InlineData("IntegratedCare.Contracts", "IntegratedCare.EmbeddedPostgres")]
    [InlineData("IntegratedCare.Contracts", "IntegratedCare.Demo")]
    [InlineData("IntegratedCare.EmbeddedPostgres", "IntegratedCare.Shared")]
    [InlineData("IntegratedCare.Demo", "IntegratedCare.Contracts")]
    [InlineData("IntegratedCare.Demo", "IntegratedCare.Contracts.Events")]
    [InlineData("IntegratedCare.Shared", "IntegratedCare.EmbeddedPostgres")]
    [InlineData("IntegratedCare.Contracts.Events", "IntegratedCare.Population.Events")]
    [InlineData("IntegratedCare.Contracts.Events", "IntegratedCare.Contracts")]
    public void A_forbidden_reference_is_found(string project, string reference)
    {
        var csproj = $"""<Project><ItemGroup><ProjectReference Include="..\..\X\{reference}.csproj" /></ItemGroup></Project>""";
        Boundaries.References(project, Boundaries.ProjectReferences(csproj)).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_forbidden_reference_of_an_assembly_is_found()
    {
        // These tests use the host, which no module may.
        var own = typeof(BoundaryTests).Assembly.GetReferencedAssemblies().Select(r => r.Name!);
        Boundaries.References("IntegratedCare.Contracts", own).ShouldContain("IntegratedCare.Contracts references IntegratedCare.Host");
    }

    /// <summary>A module reads another's care data under the names and types that they are posted with.</summary>
    [Fact]
    public void What_a_module_reads_of_a_care_record_its_kind_has()
    {
        var read = ModuleOnDisk.All.SelectMany(m => m.Assembly.GetTypes()).Where(t => t.IsAssignableTo(typeof(ICareData))).ToList();
        read.Count.ShouldBeGreaterThanOrEqualTo(3);
        read.SelectMany(NotOfItsKind).ShouldBeEmpty();
        NotOfItsKind(typeof(Misread)).ShouldBe(
            ["inpatient-spell has no Colour: String", "inpatient-spell has no PatientClass: Int64", "inpatient-spell has no Provider: String"]);
    }

    private static IEnumerable<string> NotOfItsKind(Type read)
    {
        var kind = (string)read.GetProperty(nameof(ICareData.Kind))!.GetValue(null)!;
        return read.GetConstructors().Single(c => c.GetParameters() is not [{ } only] || only.ParameterType != read).GetParameters()
            .Where(p => EventKinds.All[kind].GetProperty(p.Name!) is not { } posted || posted.IsDefined(typeof(InCoreAttribute))
                || posted.PropertyType != p.ParameterType)
            .Select(p => $"{kind} has no {p.Name}: {p.ParameterType.Name}");
    }

    internal sealed record Misread(string? Colour, long PatientClass, string? Provider) : ICareData
    {
        public static string Kind => "inpatient-spell";
    }

    [Fact]
    public void A_module_shows_one_class()
    {
        foreach (var module in ModuleOnDisk.All)
        {
            module.Assembly.GetExportedTypes().ShouldContain(t => t.Name == $"{module.Name}Module");
            Boundaries.PublicTypes(module.Assembly, module.Name).ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_second_public_class_is_found() => Boundaries.PublicTypes(typeof(IModule).Assembly, "Contracts").ShouldNotBeEmpty();

    [Fact]
    public void Events_know_only_what_an_event_is()
    {
        var assemblies = ModuleOnDisk.All.Select(m => m.Events).ToArray();
        assemblies.Sum(a => a.GetExportedTypes().Length).ShouldBeGreaterThanOrEqualTo(assemblies.Length);
        Boundaries.CheckUsesOfShared(assemblies);
    }

    [Fact]
    public void Events_that_know_more_are_found() =>
        Should.Throw<FailedArchRuleException>(() => Boundaries.CheckUsesOfShared(ModuleOnDisk.All[0].Assembly)).Message
            .ShouldContain("IntegratedCare.Shared.IModule");

    [Fact]
    public void No_SQL_names_another_modules_schema()
    {
        var looked = 0;
        var faults = new List<string>();
        foreach (var module in ModuleOnDisk.All)
        {
            foreach (var name in module.Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)))
            {
                using var reader = new StreamReader(module.Assembly.GetManifestResourceStream(name)!);
                faults.AddRange(Boundaries.ForeignSchemas(name, reader.ReadToEnd(), module.Schema, Schemas));
                looked++;
            }

            var built = $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}";
            foreach (var file in Directory.EnumerateFiles(module.Folder, "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains(built)))
            {
                faults.AddRange(Boundaries.ForeignSchemas(Path.GetRelativePath(Repository.Root, file), File.ReadAllText(file), module.Schema, Schemas));
                looked++;
            }
        }

        looked.ShouldBeGreaterThan(ModuleOnDisk.All.Count * 3);
        faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("0001.sql", "SELECT 1 FROM contracts.agreement;\nSELECT * FROM population.person;", 1)]
    [InlineData("0001.sql", "CREATE TABLE contracts.a (p uuid REFERENCES population.person (id));", 1)]
    [InlineData("0001.sql", "-- as population.person has it\nCREATE TABLE contracts.a (p uuid);", 0)]
    [InlineData("X.cs", "var s = \"SELECT * FROM population.person\";", 1)]
    [InlineData("X.cs", "var s = $\"\"\"\n  SELECT a.id, b.id FROM {schema}.agreement a, metrics.\"value\" b\n  \"\"\";", 1)]
    [InlineData("X.cs", "var s = \"select id from metrics.value\";", 1)]
    [InlineData("X.cs", "var s = @\"DELETE FROM care_pathways.episode\";", 1)]
    [InlineData("X.cs", "// SELECT * FROM population.person\nvar s = \"population.read\"; var n = \"population.care-facts-recorded.v1\";", 0)]
    [InlineData("X.cs", "var s = \"SELECT * FROM contracts.agreement WHERE name = 'population.care-facts-recorded.v1'\";", 0)]
    public void SQL_over_a_boundary_is_found_and_nothing_else(string file, string text, int faults) =>
        Boundaries.ForeignSchemas(file, text, "contracts", Schemas).Count().ShouldBe(faults);

    [Fact]
    public void Every_SQL_file_of_a_module_is_a_step_of_its_migration()
    {
        foreach (var module in ModuleOnDisk.All)
        {
            var files = Directory.EnumerateFiles(module.Folder, "*.sql", SearchOption.AllDirectories).Where(f => f.Contains("Migrations"))
                .Select(Path.GetFileNameWithoutExtension);
            var steps = StoreMigrator.Steps(Host.Modules.All.Single(m => m.Schema == module.Schema)).Select(s => s.Name);
            files.Where(f => f is not null).Order().ShouldBe(steps.Order(), "A file in Migrations is called NNNN_before_words.sql or NNNN_after_words.sql.");
        }
    }

    /// <summary>An existing document is saved by ModuleSession.Update only, which names the version it was loaded with.</summary>
    [Fact]
    public void Nothing_but_the_session_writes_documents_and_it_has_no_unchecked_store()
    {
        // What reads and declares, and the members that write. A new one is added here once it is known to check versions, or is called where
        // they are checked, as a deletion is.
        string[] known =
        [
            "AdvancedOptions.get_Migrator", "DocumentMapping.DuplicateField", "DocumentMapping.get_DocumentType", "IDocumentStore.LightweightSession",
            "IDocumentStore.QuerySession", "IDocumentStore.get_Options", "IDocumentStore.get_Storage", "IMartenStorage.get_Database", "IQuerySession.LoadAsync",
            "IQuerySession.LoadManyAsync", "IQuerySession.Query", "IQuerySession.QueryAsync", "IQuerySession.get_TenantId", "IStorageSession.StorageFor",
            "MartenRegistry.DocumentMappingExpression.DocumentAlias", "MartenRegistry.DocumentMappingExpression.Metadata",
            "MartenRegistry.DocumentMappingExpression.MetadataConfig.Column.MapTo",
            "MartenRegistry.DocumentMappingExpression.MetadataConfig.Column.set_Enabled",
            "MartenRegistry.DocumentMappingExpression.MetadataConfig.get_DotNetType",
            "MartenRegistry.DocumentMappingExpression.MetadataConfig.get_LastModified",
            "MartenRegistry.DocumentMappingExpression.MetadataConfig.get_Revision", "MartenRegistry.DocumentMappingExpression.UseNumericRevisions",
            "MartenRegistry.For", "MartenServiceCollectionExtensions.AddMartenStore", "QueryableExtensions.AnyAsync",
            "QueryableExtensions.FirstOrDefaultAsync", "QueryableExtensions.ToListAsync", "SessionOptions.ForConnection", "SessionOptions.ForTransaction",
            "StorageFeatures.get_ExtendedSchemaObjects", "StoreOptions..ctor", "StoreOptions.Connection", "StoreOptions.PoliciesExpression.ForAllDocuments",
            "StoreOptions.Schema", "StoreOptions.UseSystemTextJsonForSerialization", "StoreOptions.get_Advanced", "StoreOptions.get_Policies",
            "StoreOptions.get_Storage", "StoreOptions.set_AutoCreateSchemaObjects", "StoreOptions.set_DatabaseSchemaName",
            "IDocumentOperations.Delete", "IDocumentOperations.Insert", "IDocumentOperations.QueueOperation", "IDocumentSession.SaveChangesAsync",
            "IDocumentStorage.Update", "IRevisionedOperation.set_Revision",
        ];
        string[] storage = ["Marten", "JasperFx.Events", "Weasel.Storage"];
        storage.SelectMany(n => Boundaries.MembersUsed(typeof(ModuleSession).Assembly, n)).ShouldBe(known, ignoreOrder: true);
        // Modules declare what their documents are indexed by, and nothing else.
        string[] declares =
        [
            "MartenRegistry.DocumentMappingExpression.Duplicate", "MartenRegistry.DocumentMappingExpression.Index",
            "MartenRegistry.DocumentMappingExpression.UniqueIndex",
        ];
        var others = ModuleOnDisk.All.Select(m => m.Assembly).Append(typeof(Host.PlatformHost).Assembly)
            .Concat(Boundaries.Standalone.Select(Assembly.Load).Where(a => a != typeof(ModuleSession).Assembly)).ToList();
        others.Count.ShouldBe(ModuleOnDisk.All.Count + 3);
        var used = others.SelectMany(a => storage.SelectMany(n => Boundaries.MembersUsed(a, n))).ToHashSet();
        used.ShouldBe(declares, ignoreOrder: true);
    }

    /// <summary>What a crash of PostgreSQL undid would be missed: a reaction that goes on remembers its position.</summary>
    [Fact]
    public void No_commit_is_answered_before_it_is_on_the_disk() =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".sql", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f).Contains("synchronous_commit", StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();

    /// <summary>Nor does SQL: the version and the duplicated columns are Marten's.</summary>
    [Fact]
    public void No_SQL_writes_a_documents_table()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".sql", StringComparison.Ordinal))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        sources.Where(f => WritesDocuments(File.ReadAllText(f))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("UPDATE population.mt_doc_place SET data = data", true)]
    [InlineData("insert into {schema}.mt_doc_place (id) values ($1)", true)]
    [InlineData("DELETE FROM \"population\".\"mt_doc_place\"", true)]
    [InlineData("delete from only mt_doc_place", true)]
    [InlineData("COPY population . mt_doc_place FROM STDIN", true)]
    [InlineData("TRUNCATE TABLE population.load_reject, population.mt_doc_place", true)]
    [InlineData("UPDATE {session.Schema}.mt_doc_place SET data = data", true)]
    [InlineData("SELECT mt_upsert_place($1)", true)]
    [InlineData("SELECT id FROM population.mt_doc_place WHERE code = $1 FOR UPDATE", false)]
    [InlineData("UPDATE population.load SET n = 1 WHERE id IN (SELECT id FROM population.mt_doc_load)", false)]
    public void SQL_that_writes_a_documents_table_is_found_and_nothing_else(string sql, bool writes) => WritesDocuments(sql).ShouldBe(writes);

    /// <summary>A row that is locked outside a transaction is free again when the statement ends, and whoever reads it next may be too late.</summary>
    [Fact]
    public void No_lock_is_taken_outside_a_transaction()
    {
        // Part of one statement or batch, which is a transaction; or run by what has begun one: a delivery, and the flush of a session.
        string[] known = ["Delivery.cs", "ModuleSession.cs", "OutboxFeed.cs", "PersonSql.cs"];
        var found = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(f => LocksOutside(File.ReadAllText(f))).Select(f => Path.GetFileName(f)!).ToList();
        found.ShouldBe(known, ignoreOrder: true);
    }

    [Theory]
    [InlineData("public Task A()\n    {\n        Run(\"SELECT 1 FROM x FOR UPDATE\");", true)]
    [InlineData("public Task A()\n    {\n        await session.BeginAsync(ct);\n    }\n\n    public Task B()\n    {\n        Run(\"... for share\");", true)]
    [InlineData("public Task A()\n    {\n        await session.BeginAsync(ct);\n        Run(\"SELECT 1 FROM x for no key update\");", false)]
    [InlineData("public Task A()\n    {\n        Run(\"SELECT pg_advisory_xact_lock(1)\");", true)]
    [InlineData("public Task A()\n    {\n        Run(\"SELECT pg_advisory_lock(1)\"); // for the session", false)]
    public void A_lock_outside_a_transaction_is_found_and_nothing_else(string member, bool outside) => LocksOutside("    " + member).ShouldBe(outside);

    /// <summary>Whether a member has SQL that locks, and has not begun a transaction before it.</summary>
    private static bool LocksOutside(string source) => MemberStart().Split(source)
        .Any(member => LockingSql().Match(member) is { Success: true } sql && !member[..sql.Index].Contains("BeginAsync(", StringComparison.Ordinal));

    [GeneratedRegex(@"\n(?=    (public|private|internal|protected) )", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex MemberStart();

    [GeneratedRegex(@"\bfor (no key )?(update|share)\b|_advisory_xact_", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex LockingSql();

    private static bool WritesDocuments(string text) => Regex.IsMatch(
        text,
        """\b(insert\s+into|update|delete\s+from|merge\s+into|copy)\s+(only\s+)?("?(\w+|\{[^{}]+\})"?\s*\.\s*)?"?mt_doc_"""
            + @"|\btruncate\s[^;]*mt_doc_|\bmt_(upsert|insert|update|overwrite)_",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));

    private static (string Project, List<string> References) ReferencesOnDisk(string csproj) =>
        (Path.GetFileNameWithoutExtension(csproj), [.. Boundaries.ProjectReferences(File.ReadAllText(csproj))]);
}
