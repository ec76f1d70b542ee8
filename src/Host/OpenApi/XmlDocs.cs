using System.Reflection;
using System.Text;
using System.Xml.Linq;

namespace IntegratedCare.Host.OpenApi;

/// <summary>Summaries from the XML documentation files beside the assemblies.</summary>
internal static class XmlDocs
{
    private static readonly Lazy<Dictionary<string, XElement>> Members = new(Load);

    public static string? Summary(Type type) => Text(Find("T:" + Name(type))?.Element("summary"));

    public static string? Remarks(Type type) => Text(Find("T:" + Name(type))?.Element("remarks"));

    public static string? Summary(MethodInfo method) =>
        Text(Members.Value.FirstOrDefault(m => m.Key.StartsWith($"M:{Name(method.DeclaringType!)}.{method.Name}(",
            StringComparison.Ordinal)).Value?.Element("summary"));

    /// <summary>A property's own summary, or the <c>param</c> of the record that declares it.</summary>
    public static string? Summary(Type type, string property) =>
        Text(Find($"P:{Name(type)}.{property}")?.Element("summary"))
        ?? Text(Find("T:" + Name(type))?.Elements("param").FirstOrDefault(p => p.Attribute("name")?.Value == property));

    private static XElement? Find(string id) => Members.Value.GetValueOrDefault(id);

    private static string Name(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static Dictionary<string, XElement> Load() =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "IntegratedCare.*.xml")
            .SelectMany(file => XDocument.Load(file).Descendants("member"))
            .Where(member => member.Attribute("name") is not null)
            .DistinctBy(member => member.Attribute("name")!.Value)
            .ToDictionary(member => member.Attribute("name")!.Value);

    private static string? Text(XElement? element)
    {
        if (element is null)
            return null;
        var text = new StringBuilder();
        foreach (var node in element.DescendantNodes())
        {
            switch (node)
            {
                case XText content:
                    text.Append(content.Parent?.Name.LocalName == "c" ? $"`{content.Value}`" : content.Value);
                    break;
                case XElement { IsEmpty: true } reference when (reference.Attribute("cref") ?? reference.Attribute("name")
                    ?? reference.Attribute("langword")) is { } target:
                    text.Append('`').Append(target.Value.Split('(')[0].Split('.', ':')[^1]).Append('`');
                    break;
            }
        }

        var plain = string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return plain.Length == 0 ? null : plain;
    }
}
