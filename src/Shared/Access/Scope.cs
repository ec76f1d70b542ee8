namespace IntegratedCare.Shared.Access;

/// <summary>An OAuth scope, and what it lets a client do, in words for the API document.</summary>
public sealed record Scope(string Name, string Description);
