using FastEndpoints;
using IntegratedCare.Shared.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Shared.Http;

/// <summary>
/// One use case's endpoint: its class holds summary, request, rules, route, access and handler. A request of POST, PUT and PATCH is
/// the JSON body, one of GET and DELETE the query string, and nothing else: ids come from <c>Route</c>, headers from the context.
/// </summary>
/// <typeparam name="TRequest">The request type, nested in the endpoint, or <c>EmptyRequest</c>.</typeparam>
/// <typeparam name="TResult">The typed result that the API document shows: <c>OkVersioned</c>, <c>Results</c> of several, ...</typeparam>
public abstract class CareEndpoint<TRequest, TResult> : Endpoint<TRequest, TResult>
    where TRequest : notnull
    where TResult : IResult
{
    /// <summary>The version that the caller wants to change. Declare it with <see cref="ChangesVersion"/>.</summary>
    protected IfMatch IfMatch => IfMatch.Of(HttpContext);

    /// <summary>Which page the caller asks for. Declare it with <see cref="Paged"/>.</summary>
    protected Paging Paging => Paging.Of(HttpContext);

    /// <summary>The id in the route.</summary>
    protected Guid Id => Route<Guid>("id");

    /// <summary>Scope and purposes it serves, for which kinds of organisation (all, unless named), and whether the human acting must be named.</summary>
    protected void Access(string scope, IReadOnlyList<string> purposes, bool personLevel = false, bool actingUser = false,
        IReadOnlyList<string>? kinds = null) =>
        Declare(new EndpointAccess(scope, purposes, personLevel, actingUser, kinds));

    /// <summary>It changes an aggregate and needs <c>If-Match</c>: 428 without, 412 with another version.</summary>
    protected void ChangesVersion() => Declare(new NeedsIfMatch());

    /// <summary>It answers a page: takes <c>cursor</c> and <c>limit</c>.</summary>
    protected void Paged() => Declare(new TakesPaging());

    /// <summary>It reads the body itself, in any of these media types.</summary>
    protected void Takes<TBody>(params string[] mediaTypes) => Declare(new TakesBody(typeof(TBody), mediaTypes));

    /// <summary>The body may be left out; the request's members are then null.</summary>
    protected void BodyIsOptional() => Declare(new OptionalBody());

    protected void Declare(params object[] metadata) => Options(b => b.WithMetadata(metadata));
}

/// <summary>An endpoint that takes no request: everything it needs is in the route and the headers, or it reads the body itself.</summary>
public abstract class CareEndpoint<TResult> : CareEndpoint<EmptyRequest, TResult> where TResult : IResult
{
    public sealed override Task<TResult> ExecuteAsync(EmptyRequest req, CancellationToken ct) => HandleAsync(ct);

    protected abstract Task<TResult> HandleAsync(CancellationToken ct);
}

/// <summary>Marks an endpoint that needs <c>If-Match</c>.</summary>
public sealed record NeedsIfMatch;

/// <summary>Marks an endpoint that reads its body itself.</summary>
public sealed record TakesBody(Type Type, IReadOnlyList<string> MediaTypes);

/// <summary>Marks an endpoint whose body may be left out.</summary>
public sealed record OptionalBody;

/// <summary>Marks an endpoint that takes <c>cursor</c> and <c>limit</c>.</summary>
public sealed record TakesPaging;

/// <summary>
/// The validation rules of a request. Members that are neither nullable nor have a default must be present, at any depth, as
/// <see cref="RequestShape"/> finds them. All faults are reported at once.
/// </summary>
public abstract class RequestRules<TRequest> : Validator<TRequest> where TRequest : notnull
{
    public override async Task<FluentValidation.Results.ValidationResult> ValidateAsync(FluentValidation.ValidationContext<TRequest> context,
        CancellationToken cancellation = default)
    {
        var missing = RequestShape.Faults(context.InstanceToValidate).ToList();
        FluentValidation.Results.ValidationResult result;
        try
        {
            result = await base.ValidateAsync(context, cancellation);
        }
        catch (Exception e) when (missing.Count > 0 && e is NullReferenceException or ArgumentNullException)
        {
            // A rule failed on a null in a member that must be present: the missing members explain it.
            result = new FluentValidation.Results.ValidationResult();
        }

        foreach (var failure in result.Errors)
            failure.PropertyName = Pointers.FromPropertyPath(failure.PropertyName);
        var reported = result.Errors.Select(e => e.PropertyName).ToHashSet(StringComparer.Ordinal);
        result.Errors.AddRange(missing.Where(f => !reported.Contains(f.Pointer))
            .Select(f => new FluentValidation.Results.ValidationFailure(f.Pointer, f.Detail)));
        return result;
    }
}
