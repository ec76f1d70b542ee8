using System.Security.Cryptography;
using System.Text;
using IntegratedCare.Shared.Access;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace IntegratedCare.Host.Auth;

internal static class PlatformAuthentication
{
    public static void AddPlatformAuthentication(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<DevelopmentIssuer>();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<IServiceProvider>((options, provider) =>
        {
            options.MapInboundClaims = false;
            options.IncludeErrorDetails = false;
            var authority = configuration["Auth:Authority"];
            if (!string.IsNullOrEmpty(authority))
            {
                options.Authority = authority;
                options.Audience = configuration["Auth:Audience"] ?? DevelopmentIssuer.Audience;
                options.RequireHttpsMetadata = !environment.IsDevelopment() && !authority.StartsWith("http://localhost", StringComparison.Ordinal)
                    && configuration.GetValue("Auth:RequireHttps", true);
                return;
            }

            options.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = DevelopmentIssuer.Issuer,
                ValidAudience = DevelopmentIssuer.Audience,
                ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                IssuerSigningKeyResolver = (_, _, _, _) => [provider.GetRequiredService<DevelopmentIssuer>().Key],
                ClockSkew = TimeSpan.FromSeconds(30),
            };
        });
    }

    /// <summary>Production without an OIDC authority does not start.</summary>
    public static string? Fault(IConfiguration configuration, IHostEnvironment environment) =>
        environment.IsDevelopment() || !string.IsNullOrEmpty(configuration["Auth:Authority"])
            ? null
            : "Production needs an OIDC authority: set Auth:Authority (and Auth:Audience), or run with ASPNETCORE_ENVIRONMENT=Development to use the built-in demo clients.";
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
