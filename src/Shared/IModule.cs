using FluentValidation;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Shared;

/// <summary>What a module gives the host: schema, scopes, problems, services, endpoints and reactions.</summary>
public interface IModule
{
    /// <summary>The tag in the OpenAPI document and the folder's name: <c>CarePathways</c>.</summary>
    string Name { get; }

    /// <summary>The PostgreSQL schema: <c>care_pathways</c>.</summary>
    string Schema { get; }

    /// <summary>The module's session, which carries its outbox, audit and idempotency keys.</summary>
    Type Session { get; }

    /// <summary>The OAuth scopes that its endpoints ask for.</summary>
    IReadOnlyList<Access.Scope> Scopes => [];

    /// <summary>The problems its rules can raise, explained at <c>GET /problems/{code}</c>.</summary>
    IReadOnlyList<ProblemType> Problems { get; }

    void AddServices(IServiceCollection services, IConfiguration configuration)
    {
    }

    void AddEndpoints(EndpointTypes endpoints)
    {
    }

    /// <summary>Statements that drop something and are meant, as the migration writes them. Others stop it.</summary>
    IReadOnlyList<string> AllowedDrops => [];

    /// <summary>The module's documents and tables.</summary>
    void Declare(StoreDeclaration store)
    {
    }

    void AddReactions(ReactionList reactions);

    /// <summary>The columns that hold persons' ids, beside <see cref="PersonColumn.Audit"/>, and which reaction moves each after a merge.</summary>
    IReadOnlyList<PersonColumn> PersonColumns => [];
}

/// <summary>Which module an endpoint belongs to, and the class that is its use case.</summary>
public sealed record ModuleMetadata(IModule Module, Type Endpoint);

public static class ModuleRegistration
{
    /// <summary>Adds a module: its store, session, endpoints, reactions and outbox dispatcher, and services of its own.</summary>
    public static IServiceCollection AddModule<TStore, TSession>(this IServiceCollection services, IModule module, IConfiguration configuration)
        where TStore : class, IDocumentStore
        where TSession : ModuleSession
    {
        services.AddSingleton(module);
        services.AddModuleStore<TStore, TSession>(module, module.Declare);
        AddValidators(services, module);
        var endpoints = new EndpointTypes(module);
        module.AddEndpoints(endpoints);
        services.AddSingleton(endpoints);
        module.AddReactions(new ReactionList(services, module));
        module.AddServices(services, configuration);
        return services;
    }

    private static void AddValidators(IServiceCollection services, IModule module)
    {
        foreach (var type in module.GetType().Assembly.GetTypes().Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false }))
        {
            foreach (var contract in type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IValidator<>)))
                services.AddSingleton(contract, type);
        }
    }
}
