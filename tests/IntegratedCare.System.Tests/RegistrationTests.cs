using System.Reflection;
using FluentValidation;
using FluentValidation.Validators;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <summary>The lists in each module class are written by hand; nothing may be missing from them.</summary>
public sealed class RegistrationTests(TestApp app) : IClassFixture<TestApp>
{
    [Fact]
    public void Every_endpoint_class_is_mapped()
    {
        var classes = ModuleOnDisk.All.SelectMany(m => EndpointClasses(m.Assembly)).ToList();
        classes.ShouldNotBeEmpty();
        classes.Except(Mapped()).Select(t => t.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void Every_reaction_class_is_added()
    {
        var classes = ModuleOnDisk.All.SelectMany(m => ReactionClasses(m.Assembly)).ToList();
        classes.ShouldNotBeEmpty();
        classes.Where(c => !Added().Contains(ReactionList.HandlerName(c))).Select(t => t.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void Every_request_has_a_validator()
    {
        var requests = ModuleOnDisk.All.SelectMany(m => RequestClasses(m.Assembly)).ToList();
        requests.ShouldNotBeEmpty();
        requests.Where(HasNoValidator).Select(t => t.FullName).ShouldBeEmpty();
    }

    /// <summary>The validators' own texts print days as 01/01/1990, and repeat what was sent.</summary>
    [Fact]
    public void Rules_about_days_have_texts_of_their_own()
    {
        var components = ModuleOnDisk.All.SelectMany(m => m.Assembly.GetTypes())
            .Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false } && t.IsAssignableTo(typeof(IValidator))
                && t.GetConstructor(Type.EmptyTypes) is not null)
            .SelectMany(t => ((IValidator)Activator.CreateInstance(t)!)
                .CreateDescriptor().Rules.SelectMany(r => r.Components.Select(c => (Validator: t, r.PropertyName, Component: c))))
            .Where(c => c.Component.Validator is IBetweenValidator { From: DateOnly or DateTimeOffset } or
                IComparisonValidator { ValueToCompare: DateOnly or DateTimeOffset })
            .ToList();
        components.ShouldNotBeEmpty();
        components.Where(c => c.Component.GetUnformattedErrorMessage().Contains('{')).Select(c => $"{c.Validator.FullName}: {c.PropertyName}").ShouldBeEmpty();
    }

    [Fact]
    public void Operation_ids_are_used_once_and_problem_codes_for_one_status()
    {
        var ids = app.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints)
            .Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName).OfType<string>().ToList();
        ids.ShouldNotBeEmpty();
        ids.ShouldBeUnique();
        // Two modules may use a code, for the same kind of problem.
        Problems.All.Concat(app.Services.GetServices<IModule>().SelectMany(m => m.Problems)).Select(p => (p.Code, p.Status)).Distinct()
            .Select(p => p.Code).ShouldBeUnique();
    }

    [Fact]
    public void What_is_left_out_of_a_list_is_found()
    {
        var here = typeof(RegistrationTests).Assembly;
        EndpointClasses(here).Where(t => t.DeclaringType == typeof(RegistrationTests)).Except(Mapped()).ShouldBe([typeof(ForgottenEndpoint)]);
        ReactionClasses(here).Where(c => c.DeclaringType == typeof(RegistrationTests) && !Added().Contains(ReactionList.HandlerName(c)))
            .ShouldBe([typeof(ForgottenReaction)]);
        RequestClasses(here).Where(t => t.DeclaringType == typeof(RegistrationTests) && HasNoValidator(t)).ShouldBe([typeof(ForgottenRequest)]);
    }

    [Fact]
    public async Task A_module_publishes_its_own_events_only()
    {
        await using var scope = app.Services.CreateAsyncScope();
        var session = scope.ServiceProvider.GetRequiredService<Commissioning.CommissioningSession>();
        Should.Throw<InvalidOperationException>(() => session.Publish(new Population.Events.PersonDied(Guid.CreateVersion7(), new DateOnly(2026, 1, 1), 1)))
            .Message.ShouldBe("population.person-died.v1 is not an event of commissioning.");
    }

    private static IEnumerable<Type> EndpointClasses(Assembly assembly) =>
        assembly.GetTypes().Where(t => t is { IsAbstract: false, IsInterface: false } && t.IsAssignableTo(typeof(FastEndpoints.BaseEndpoint)));

    private static IEnumerable<Type> ReactionClasses(Assembly assembly) => assembly.GetTypes().Where(t => !t.IsAbstract && Bases(t).Any(b =>
        b.IsGenericType && b.GetGenericTypeDefinition() == typeof(Reaction<,>)));

    private static IEnumerable<Type> RequestClasses(Assembly assembly) =>
        assembly.GetTypes().Where(t => t is { IsAbstract: false, IsClass: true } && IsRequest(t));

    /// <summary>A request is a record called <c>Request</c> or <c>SomethingRequest</c>.</summary>
    private static bool IsRequest(Type type) => type.Name.EndsWith("Request", StringComparison.Ordinal);

    private static IEnumerable<Type> Bases(Type type)
    {
        for (var at = type.BaseType; at is not null; at = at.BaseType)
            yield return at;
    }

    private HashSet<Type> Mapped() => app.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints)
        .Select(e => e.Metadata.GetMetadata<ModuleMetadata>()?.Endpoint).OfType<Type>().ToHashSet();

    private HashSet<string> Added() => app.Services.GetServices<EventRoute>().Select(r => r.Handler).ToHashSet();

    private bool HasNoValidator(Type request) => app.Services.GetService(typeof(IValidator<>).MakeGenericType(request)) is null;

    internal sealed class ForgottenEndpoint : CareEndpoint<Microsoft.AspNetCore.Http.HttpResults.Ok>
    {
        public override void Configure() => Get("/v1/forgotten");

        protected override Task<Microsoft.AspNetCore.Http.HttpResults.Ok> HandleAsync(CancellationToken ct) =>
            Task.FromResult(Microsoft.AspNetCore.Http.TypedResults.Ok());
    }

    internal sealed class ForgottenReaction : Reaction<Population.Events.PersonDied, Commissioning.CommissioningSession>
    {
        protected override Task ApplyAsync(Commissioning.CommissioningSession session, IReadOnlyList<Delivered<Population.Events.PersonDied>> run,
            CancellationToken ct) =>
            Task.CompletedTask;
    }

    internal sealed record ForgottenRequest(string Name);
}
