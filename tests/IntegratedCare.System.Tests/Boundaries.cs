using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ArchUnitNET.Fluent;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using IntegratedCare.Shared.Events;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace IntegratedCare.System.Tests;

/// <summary>A module as it lies on disk: its folder, its two projects and its schema.</summary>
internal sealed record ModuleOnDisk(string Name, string Folder)
{
    public string Schema => string.Concat(Name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : $"{c}"));

    public Assembly Assembly => Assembly.Load($"IntegratedCare.{Name}");

    public Assembly Events => Assembly.Load($"IntegratedCare.{Name}.Events");

    public static IReadOnlyList<ModuleOnDisk> All { get; } =
    [
        .. Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src", "Modules")).Order(StringComparer.Ordinal)
            .Select(folder => new ModuleOnDisk(Path.GetFileName(folder), folder)),
    ];
}

/// <summary>The rules between modules, each as a function from what it looks at to what is wrong with it.</summary>
internal static partial class Boundaries
{
    /// <summary>The projects beside the host and the modules. None references another: what it needs to know, it is given as values.</summary>
    public static readonly IReadOnlyList<string> Standalone = ["IntegratedCare.Demo", "IntegratedCare.EmbeddedPostgres", "IntegratedCare.Shared"];

    /// <summary>
    /// Host -> modules -> own .Events + Shared; of another module its .Events only; .Events reference Shared only; those that stand
    /// alone reference nothing.
    /// </summary>
    public static IEnumerable<string> References(string project, IEnumerable<string> references)
    {
        foreach (var reference in references.Where(r => r.StartsWith("IntegratedCare.", StringComparison.Ordinal)))
        {
            var events = !project.EndsWith(".Events", StringComparison.Ordinal) && reference.EndsWith(".Events", StringComparison.Ordinal);
            if (Standalone.Contains(project) || (reference != "IntegratedCare.Shared" && !events))
                yield return $"{project} references {reference}";
        }
    }

    /// <summary>The members of a namespace's types that an assembly uses, as <c>Type.Member</c>, those of generic types too, attributes left out.</summary>
    public static IReadOnlySet<string> MembersUsed(Assembly assembly, string @namespace)
    {
        using var stream = File.OpenRead(assembly.Location);
        using var file = new PEReader(stream);
        var metadata = file.GetMetadataReader();
        return metadata.MemberReferences.Select(metadata.GetMemberReference)
            .Select(m => (Type: DeclaringType(metadata, m.Parent), Member: metadata.GetString(m.Name)))
            .Where(m => m.Type is { } t && (t.Namespace == @namespace || t.Namespace.StartsWith($"{@namespace}.", StringComparison.Ordinal))
                && !t.Name.EndsWith("Attribute", StringComparison.Ordinal))
            .Select(m => $"{m.Type!.Value.Name}.{m.Member}").ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Namespace and name of a type of another assembly, nested and generic ones by their names without the number of arguments.</summary>
    private static (string Namespace, string Name)? DeclaringType(MetadataReader metadata, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeSpecification)
        {
            var signature = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
            if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
                return null;
            signature.ReadByte(); // A class or a value type.
            handle = signature.ReadTypeHandle();
        }

        if (handle.Kind != HandleKind.TypeReference)
            return null;
        var type = metadata.GetTypeReference((TypeReferenceHandle)handle);
        var name = metadata.GetString(type.Name).Split('`')[0];
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? DeclaringType(metadata, type.ResolutionScope) is { } outer ? (outer.Namespace, $"{outer.Name}.{name}") : null
            : (metadata.GetString(type.Namespace), name);
    }

    public static IEnumerable<string> ProjectReferences(string csproj) =>
        XDocument.Parse(csproj).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

    /// <summary>A module shows the host one class, and its store's interface, which Marten implements.</summary>
    public static IEnumerable<string> PublicTypes(Assembly assembly, string module) =>
        assembly.GetExportedTypes().Where(t => t.Name != $"{module}Module" && t.Name != $"I{module}Store").Select(t => $"{t.FullName} is public");

    /// <summary>.Events know of Shared only what an event is.</summary>
    public static void CheckUsesOfShared(params Assembly[] assemblies)
    {
        var shared = typeof(IEvent).Assembly;
        Types().That().ResideInAssembly(assemblies[0], assemblies[1..]).Should()
            .NotDependOnAny(Types().That().ResideInAssembly(shared).And().DoNotResideInNamespace(typeof(IEvent).Namespace))
            .Check(new ArchLoader().LoadAssemblies([shared, .. assemblies]).Build());
    }

    /// <summary>SQL that names another module's schema.</summary>
    public static IEnumerable<string> ForeignSchemas(string file, string text, string ownSchema, IReadOnlyCollection<string> schemas)
    {
        var sql = file.EndsWith(".sql", StringComparison.Ordinal)
            ? [SqlComment().Replace(text, "")]
            : Literals(text).Where(l => SqlWord().IsMatch(l));
        foreach (var statement in sql)
        {
            foreach (var schema in schemas.Where(s => s != ownSchema))
            {
                // Tables are in lower case; a member in an interpolation is not.
                var table = $"""(?<![\w.'-])"?{schema}"?\s*\.\s*"?(?<table>(?-i:[a-z_]+))\b(?![-.])""";
                foreach (Match match in Regex.Matches(statement, table, RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1)))
                    yield return $"{file}: {match.Value.Trim()}";
            }
        }
    }

    /// <summary>The string literals of C# source, raw ones too; comments are left out.</summary>
    public static IEnumerable<string> Literals(string source)
    {
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] == '/' && i + 1 < source.Length && source[i + 1] == '/')
            {
                i = End(source, "\n", i);
            }
            else if (source[i] == '/' && i + 1 < source.Length && source[i + 1] == '*')
            {
                i = End(source, "*/", i) + 1;
            }
            else if (source[i] == '\'' && i + 2 < source.Length)
            {
                i += source[i + 1] == '\\' ? End(source, "'", i + 3) - i : 2;
            }
            else if (source[i] == '"')
            {
                var quotes = 1;
                while (i + quotes < source.Length && source[i + quotes] == '"')
                    quotes++;
                if (quotes >= 3)
                {
                    var end = End(source, new string('"', quotes), i + quotes);
                    yield return source[(i + quotes)..Math.Min(end, source.Length)];
                    i = end + quotes - 1;
                }
                else if (quotes == 2)
                {
                    i++;
                }
                else
                {
                    var verbatim = i > 0 && (source[i - 1] == '@' || (i > 1 && source[i - 1] == '$' && source[i - 2] == '@'));
                    var text = new StringBuilder();
                    for (i++; i < source.Length; i++)
                    {
                        if (source[i] == '"' && verbatim && i + 1 < source.Length && source[i + 1] == '"')
                            i++;
                        else if (source[i] == '"')
                            break;
                        else if (source[i] == '\\' && !verbatim)
                            i++;
                        text.Append(source[Math.Min(i, source.Length - 1)]);
                    }

                    yield return text.ToString();
                }
            }
        }
    }

    private static int End(string source, string mark, int from) =>
        from >= source.Length ? source.Length : source.IndexOf(mark, from, StringComparison.Ordinal) is >= 0 and var at ? at : source.Length;

    [GeneratedRegex(@"--[^\n]*|/\*.*?\*/", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex SqlComment();

    [GeneratedRegex(
        @"\b(SELECT|INSERT|UPDATE|DELETE|FROM|JOIN|COPY|TRUNCATE|ALTER|CREATE|DROP|WITH|MERGE|LOCK|NOTIFY)\b",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex SqlWord();
}
