namespace IntegratedCare.Shared.Http;

/// <summary>The shapes that a member of a request may have, for the API document: every type derived from <paramref name="family"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ShapesAttribute(Type family) : Attribute
{
    public IReadOnlyList<Type> Types { get; } = [.. family.Assembly.GetTypes().Where(t => t.IsSubclassOf(family)).OrderBy(t => t.Name, StringComparer.Ordinal)];
}
