namespace IntegratedCare.Shared.Http;

/// <summary>The shapes that a member of a request may have, for the API document.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ShapesAttribute(params Type[] types) : Attribute
{
    public IReadOnlyList<Type> Types { get; } = types;
}
