namespace IntegratedCare.Shared.Access;

/// <summary>An OAuth scope, with its description for the API document.</summary>
public sealed record Scope(string Name, string Description);
