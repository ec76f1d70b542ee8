using System.Text.Json;
using JasperFx;
using Marten;
using Marten.Schema;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Weasel.Core;

namespace IntegratedCare.Shared.Documents;

/// <summary>A module's documents and tables.</summary>
public sealed class StoreDeclaration(StoreOptions options, string schema)
{
    /// <summary>A document type under a short name, which names its table <c>mt_doc_(name)</c>. Fields that are searched are duplicated.</summary>
    public MartenRegistry.DocumentMappingExpression<T> Document<T>(string name) where T : Document =>
        options.Schema.For<T>().DocumentAlias(name).UseNumericRevisions(true).Metadata(m =>
        {
            m.Revision.MapTo(d => d.Version);
            m.LastModified.Enabled = false;
            m.DotNetType.Enabled = false;
        });

    /// <summary>
    /// Keeps a field of a document in a column of its own too, to be filtered by. <c>Duplicate</c> gives each such field an index as
    /// well; this does not, so that a document has the indexes that are declared and no other.
    /// </summary>
    public StoreDeclaration Column<T>(string field, string? type = null, bool notNull = true) where T : Document
    {
        options.Policies.ForAllDocuments(mapping =>
        {
            if (mapping.DocumentType == typeof(T))
                mapping.DuplicateField(field, type, notNull);
        });
        return this;
    }

    public StoreDeclaration Tables(params IEnumerable<ISchemaObject> tables)
    {
        options.Storage.ExtendedSchemaObjects.AddRange(tables);
        return this;
    }

    public string Schema => schema;
}

public static class ModuleStoreRegistration
{
    /// <summary>A Marten store over the shared data source, in the module's schema, and the module's session.</summary>
    public static IServiceCollection AddModuleStore<TStore, TSession>(this IServiceCollection services, IModule module, Action<StoreDeclaration> declare)
        where TStore : class, IDocumentStore
        where TSession : ModuleSession
    {
        services.AddMartenStore<TStore>(provider =>
        {
            var options = new StoreOptions { DatabaseSchemaName = module.Schema, AutoCreateSchemaObjects = AutoCreate.None };
            options.Connection(provider.GetRequiredService<NpgsqlDataSource>());
            options.UseSystemTextJsonForSerialization(new JsonSerializerOptions(SharedJson.Storage), EnumStorage.AsString, Casing.CamelCase);
            var declaration = new StoreDeclaration(options, module.Schema);
            declaration.Tables(SharedTables.Of(module.Schema));
            declare(declaration);
            return options;
        });
        services.AddSingleton(provider => new ModuleStoreEntry(module, () => provider.GetRequiredService<TStore>()));
        services.AddSingleton<ModuleSessions<TSession>>();
        var create = SessionCreation.Of<TSession>();
        services.AddScoped(create);
        return services;
    }
}

/// <summary>A module's store, for code that uses all stores: migrations and tests.</summary>
public sealed record ModuleStoreEntry(IModule Module, Func<IDocumentStore> Store);
