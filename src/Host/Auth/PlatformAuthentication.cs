using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using IntegratedCare.Shared.Access;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IntegratedCare.Host.Auth;

internal static class PlatformAuthentication
{
    public static void AddPlatformAuthentication(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<DevelopmentIssuer>();
        services.AddSingleton<CheckedTokens>();
        services.AddSingleton(new BootstrapClients((configuration["Auth:BootstrapClients"] ?? (environment.IsDevelopment() ? "demo-operator" : ""))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal)));
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<IServiceProvider>((options, provider) =>
        {
            options.MapInboundClaims = false;
            options.IncludeErrorDetails = false;
            var checkedTokens = provider.GetRequiredService<CheckedTokens>();
            options.Events = new JwtBearerEvents { OnMessageReceived = checkedTokens.UseCached, OnTokenValidated = checkedTokens.Cache };
            options.TokenValidationParameters = new TokenValidationParameters
            {
                // Other types, such as an identity token, are signed with the same key and are no permission.
                ValidTypes = ["JWT", "at+jwt", "application/at+jwt"],
                ClockSkew = TimeSpan.FromSeconds(30),
            };
            var authority = configuration["Auth:Authority"];
            if (!string.IsNullOrEmpty(authority))
            {
                options.Authority = authority;
                options.Audience = configuration["Auth:Audience"] ?? DevelopmentIssuer.Audience;
                options.RequireHttpsMetadata = RequiresHttps(configuration, environment, authority);
                return;
            }

            var rules = options.TokenValidationParameters;
            rules.ValidIssuer = DevelopmentIssuer.Issuer;
            rules.ValidAudience = DevelopmentIssuer.Audience;
            rules.ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256];
            rules.IssuerSigningKeyResolver = (_, _, _, _) => [provider.GetRequiredService<DevelopmentIssuer>().Key];
        });
    }

    /// <summary>Production without an OIDC authority does not start.</summary>
    public static string? Fault(IConfiguration configuration, IHostEnvironment environment)
    {
        var authority = configuration["Auth:Authority"];
        if (!environment.IsDevelopment() && string.IsNullOrEmpty(authority))
        {
            return "Production needs an OIDC authority: set Auth:Authority (and Auth:Audience), or run with ASPNETCORE_ENVIRONMENT=Development to use the "
                + "built-in demo clients.";
        }

        if (!string.IsNullOrEmpty(authority) && RequiresHttps(configuration, environment, authority)
            && !authority.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return $"Auth:Authority is {authority}, without TLS: whoever sits in between could issue tokens. Use https://, or set Auth:RequireHttps=false "
                + "where nobody can.";
        }

        return environment.IsDevelopment() || !string.IsNullOrEmpty(configuration["Access:PseudonymKey"]) ? null
            : "Production needs the setting Access:PseudonymKey: a long random text, kept secret and never changed.";
    }

    /// <summary>Not in Development, nor for an authority on this machine itself, such as http://localhost or http://127.0.0.1.</summary>
    private static bool RequiresHttps(IConfiguration configuration, IHostEnvironment environment, string authority) =>
        !environment.IsDevelopment() && !(Uri.TryCreate(authority, UriKind.Absolute, out var uri) && uri.IsLoopback)
            && configuration.GetValue("Auth:RequireHttps", true);
}

/// <summary>
/// A cache of validated tokens. Checking a signature costs more than the rest of a small request, and clients send the same token
/// many times. A token is kept for a minute, never beyond its own expiry; a refused one is not kept. Nor is one that is long, or padded: a
/// client could fill the memory with forms of one token.
/// </summary>
internal sealed class CheckedTokens(TimeProvider clock)
{
    private const int Max = 4_000;
    private const int MaxLength = 4_096;
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, (ClaimsPrincipal Principal, DateTimeOffset Until)> _kept = new();

    public int Count => _kept.Count;

    public Task UseCached(MessageReceivedContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length == 0 || !_kept.TryGetValue(header, out var known))
            return Task.CompletedTask;
        if (known.Until > clock.GetUtcNow())
        {
            context.Principal = known.Principal;
            context.Success();
        }
        else
        {
            _kept.TryRemove(header, out _);
        }

        return Task.CompletedTask;
    }

    public Task Cache(TokenValidatedContext context)
    {
        // RFC 7515, 4.1.11: a token that demands what the recipient does not understand is refused. This one understands no extension.
        if (context.SecurityToken is JsonWebToken { } token && token.TryGetHeaderValue<object>("crit", out _))
        {
            context.Fail("crit");
            return Task.CompletedTask;
        }

        var trusted = clock.GetUtcNow() + MaxAge;
        var end = new DateTimeOffset(DateTime.SpecifyKind(context.SecurityToken.ValidTo, DateTimeKind.Utc));
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length > MaxLength || header != $"Bearer {context.SecurityToken.UnsafeToString()}")
            return Task.CompletedTask;
        if (_kept.Count >= Max)
            MakeRoom();
        _kept[header] = (context.Principal!, end < trusted ? end : trusted);
        return Task.CompletedTask;
    }

    private void MakeRoom()
    {
        var now = clock.GetUtcNow();
        foreach (var (header, (_, until)) in _kept)
        {
            if (until <= now)
                _kept.TryRemove(header, out _);
        }

        if (_kept.Count >= Max)
            _kept.Clear();
    }
}

internal static class Secrets
{
    /// <summary>The key behind pseudonyms: a setting in Production, a fixed one in Development.</summary>
    public static Pseudonyms Pseudonyms(IConfiguration configuration, IHostEnvironment environment)
    {
        var key = configuration["Access:PseudonymKey"];
        if (!string.IsNullOrEmpty(key))
            return new Pseudonyms(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return environment.IsDevelopment()
            ? new Pseudonyms(SHA256.HashData("development pseudonyms"u8))
            : throw new InvalidOperationException("Production needs the setting Access:PseudonymKey: a long random text, kept secret and never changed.");
    }
}
