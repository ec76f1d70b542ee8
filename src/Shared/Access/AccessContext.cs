namespace IntegratedCare.Shared.Access;

/// <summary>The caller of a request: client, organisation, purpose and acting user. Set by the access check before any handler runs.</summary>
public sealed class AccessContext
{
    private Caller? _caller;

    public string ClientId => Caller.ClientId;

    /// <summary>The ODS code of the organisation the client acts for.</summary>
    public string Organisation => Caller.Organisation;

    /// <summary>The organisation's kind in the register; a bootstrap client's as its token says, while the register does not know it.</summary>
    public string Kind => Caller.Kind;

    /// <summary>The one purpose of this request.</summary>
    public string Purpose => Caller.Purpose;

    /// <summary>The human acting, where the verb needs one or the caller named one.</summary>
    public ActingUser? ActingUser => Caller.ActingUser;

    /// <summary>CloudEvents sources beyond the organisation's own that this client may post for.</summary>
    public IReadOnlyList<string> GrantedSources => Caller.GrantedSources;

    private Caller Caller => _caller ?? throw new InvalidOperationException("This endpoint was reached without an access check.");

    internal void Set(Caller caller) => _caller = caller;

    /// <summary>Refuses unless the caller acts for one of these organisations.</summary>
    public void RequireOrganisation(params ReadOnlySpan<string?> organisations)
    {
        foreach (var organisation in organisations)
        {
            if (organisation == Organisation)
                return;
        }

        throw new Http.RequestRefused(Http.Problems.NotYourOrganisation, Http.Problems.NotYourOrganisation.Explanation);
    }

    public ActingUser RequireActingUser() => ActingUser
        ?? throw new Http.RequestRefused(Http.Problems.ActingUserRequired, Http.Problems.ActingUserRequired.Explanation);
}

internal sealed record Caller(
    string ClientId,
    string Organisation,
    string Kind,
    string Purpose,
    ActingUser? ActingUser,
    IReadOnlyList<string> GrantedSources);

/// <summary>The human behind a clinical act, a signature or a dispute, from <c>X-Acting-User</c>.</summary>
/// <param name="Registration">Professional registration, such as <c>NMC 01A2345E</c>; null for roles without one.</param>
public sealed record ActingUser(string Name, string Role, string? Registration)
{
    /// <summary>As records keep it: <c>Jo Bell, nurse, NMC 01A2345E</c>.</summary>
    public override string ToString() => Registration is null ? $"{Name}, {Role}" : $"{Name}, {Role}, {Registration}";

    /// <summary>Reads <c>name=Jo Bell; role=nurse; registration=NMC 01A2345E</c>.</summary>
    public static ActingUser? Parse(string header)
    {
        if (header.Length is 0 or > 400)
            return null;
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in header.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=');
            if (equals <= 0 || !parts.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim().Trim('"')))
                return null;
        }

        return parts.TryGetValue("name", out var name) && name.Length > 0 && parts.TryGetValue("role", out var role) && role.Length > 0
            ? new ActingUser(name, role, parts.GetValueOrDefault("registration"))
            : null;
    }
}

/// <summary>
/// Clients whose token is believed about their organisation's kind while the register does not know it: whoever registers the first ones.
/// </summary>
public sealed record BootstrapClients(IReadOnlySet<string> Ids);

/// <summary>What the register says an organisation is. Population implements it.</summary>
public interface IOrganisationKinds
{
    /// <summary>The kind in the register, or null if the organisation is not registered.</summary>
    string? KindOf(string organisation);
}
