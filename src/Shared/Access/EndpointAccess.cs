using System.Runtime.CompilerServices;
using System.Security.Claims;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Shared.Access;

/// <summary>What an endpoint requires of its caller. Every endpoint under <c>/v1</c> has one, or the host does not start.</summary>
/// <param name="PersonLevel">Whether it answers with rows about persons: then the purpose must be named when there is a choice.</param>
public sealed record EndpointAccess(string Scope, IReadOnlyList<string> Purposes, bool PersonLevel, bool ActingUser, IReadOnlyList<string>? Kinds);

public static class EndpointAccessExtensions
{
    private static readonly ConditionalWeakTable<ClaimsPrincipal, Granted> Tokens = [];

    /// <summary>
    /// Checks token, scope, kind and purpose of every request whose endpoint has <see cref="EndpointAccess"/>; denies everything else under
    /// <c>/v1</c>.
    /// </summary>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        var endpoint = http.GetEndpoint();
        var access = endpoint?.Metadata.GetMetadata<EndpointAccess>();
        if (access is null)
        {
            // Routing's own endpoints, such as the one that answers 405, are not route endpoints.
            if (endpoint is Microsoft.AspNetCore.Routing.RouteEndpoint && http.Request.Path.StartsWithSegments("/v1"))
                throw new InvalidOperationException("An endpoint under /v1 has no access rule.");
            return next(http);
        }

        http.RequestServices.GetRequiredService<AccessContext>().Set(Check(http, access));
        return next(http);
    });

    private static Caller Check(HttpContext http, EndpointAccess access)
    {
        var user = http.User;
        if (user.Identity?.IsAuthenticated != true)
            throw Unauthenticated(http);
        var granted = Tokens.GetValue(user, Granted.Of);
        if (granted is not { ClientId: { } clientId, Organisation: { } organisation, Kind: { } tokenKind })
            throw Unauthenticated(http);

        if (!granted.Scopes.Contains(access.Scope))
            throw new RequestRefused(Problems.ScopeMissing, $"This needs the scope {access.Scope}.");

        var kind = http.RequestServices.GetRequiredService<IOrganisationKinds>().KindOf(organisation)
            ?? (http.RequestServices.GetRequiredService<BootstrapClients>().Ids.Contains(clientId) ? tokenKind
                : throw new RequestRefused(Problems.OrganisationUnknown, Problems.OrganisationUnknown.Explanation));
        if (access.Kinds is not null && !access.Kinds.Contains(kind))
            throw new RequestRefused(Problems.NotYourOrganisation, $"This is for: {string.Join(", ", access.Kinds)}.");

        var purpose = Purpose(http, access, granted.Purposes);
        var header = http.Request.Headers["X-Acting-User"].ToString();
        var acting = ActingUser.Parse(header);
        if (acting is null && (access.ActingUser || header.Length > 0))
            throw new RequestRefused(Problems.ActingUserRequired, Problems.ActingUserRequired.Explanation);
        return new Caller(clientId, organisation, kind, purpose, acting, granted.EventSources);
    }

    private static string Purpose(HttpContext http, EndpointAccess access, HashSet<string> allowed)
    {
        var named = http.Request.Headers["X-Purpose-Of-Use"].ToString();
        if (named.Length > 0)
        {
            return allowed.Contains(named) && access.Purposes.Contains(named) ? named
                : throw new RequestRefused(Problems.PurposeNotAllowed,
                    $"This endpoint serves: {string.Join(", ", access.Purposes)}. The purpose must also be in your token.");
        }

        var possible = access.Purposes.Where(allowed.Contains).ToList();
        return possible switch
        {
            [] => throw new RequestRefused(Problems.PurposeNotAllowed,
                $"This endpoint serves: {string.Join(", ", access.Purposes)}. None of them is in your token."),
            [var only] => only,
            _ when access.PersonLevel => throw new RequestRefused(Problems.PurposeRequired, $"Pick one with X-Purpose-Of-Use: {string.Join(", ", possible)}."),
            [var first, ..] => first,
        };
    }

    private static RequestRefused Unauthenticated(HttpContext http)
    {
        http.Response.OnStarting(() =>
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return Task.CompletedTask;
        });
        return new RequestRefused(Problems.Unauthenticated, Problems.Unauthenticated.Explanation);
    }

    /// <summary>A token's claims, parsed once per principal.</summary>
    private sealed record Granted(string? ClientId, string? Organisation, string? Kind,
        HashSet<string> Scopes, HashSet<string> Purposes, IReadOnlyList<string> EventSources)
    {
        public static Granted Of(ClaimsPrincipal user) => new(
            Only(user, "client_id"), Only(user, "org") is { } org && TextRules.IsCode(org) ? org : null,
            Only(user, "org_kind") is { } kind && OrganisationKinds.All.Contains(kind) ? kind : null, Split(user, "scope"), Split(user, "purpose"),
            [.. Split(user, "event_sources")]);

        /// <summary>A claim that says one thing; null where it is missing, empty or there twice.</summary>
        private static string? Only(ClaimsPrincipal user, string claim) =>
            user.FindAll(claim).Select(c => c.Value).ToList() is [{ Length: > 0 } value] && !string.IsNullOrWhiteSpace(value) ? value : null;

        private static HashSet<string> Split(ClaimsPrincipal user, string claim) =>
            [.. user.FindAll(claim).SelectMany(c => c.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }
}
