using System.Text;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <summary>The README's picture and table of who reacts to what are made from the modules' lists of reactions.</summary>
public sealed class ReactionPictureTests(TestApp app) : IClassFixture<TestApp>
{
    private const string Begin = "<!-- reactions: written by ReactionPictureTests -->\n";
    private const string End = "<!-- end of reactions -->\n";

    /// <summary>What each module asks, in the order of the picture.</summary>
    private static readonly (string Module, string Letter, string Question)[] Boxes =
    [
        ("Population", "P", "who do we serve, who is at risk?"),
        ("CarePathways", "C", "who is on which pathway?"),
        ("Metrics", "M", "is it working?"),
        ("Contracts", "K", "who shares gain and pain?"),
        ("Commissioning", "F", "what does the pooled money do?"),
    ];

    [Fact]
    public async Task The_README_says_who_reacts_to_what()
    {
        var path = Path.Combine(Repository.Root, "README.md");
        var readme = (await File.ReadAllTextAsync(path)).ReplaceLineEndings("\n");
        var begin = readme.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = readme.IndexOf(End, StringComparison.Ordinal);
        end.ShouldBeGreaterThanOrEqualTo(begin, $"README.md needs the lines {Begin} and {End}");
        Routes().ShouldAllBe(r => File.Exists(Path.Combine(Repository.Root, r.Path)));
        var expected = Text(Routes(), PublicEvents());
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") is { Length: > 0 })
            await File.WriteAllTextAsync(path, readme[..begin] + expected + readme[end..], new UTF8Encoding(false));
        else
            readme[begin..end].ShouldBe(expected, "The picture is not what the lists of reactions say. Run this test with UPDATE_SNAPSHOTS=1, review, commit.");
    }

    [Fact]
    public void An_event_that_nobody_hears_is_listed_and_a_new_reaction_is_drawn()
    {
        const string Died = "population.person-died.v1";
        var text = Text(
            [new Route(Died, "Metrics", "Facts", "OnPersonDied"), new Route(Died, "Contracts", "Spend", "OnPersonDied")],
            [new PublicEvent("metrics.value-restated.v1", true), new PublicEvent(Died, true)]);
        text.ShouldContain("  P -- person-died --> M & K\n");
        text.ShouldContain("| `metrics.value-restated.v1` | nobody yet |\n");
        text.ShouldContain($"| `{Died}` | Contracts [Spend](src/Modules/Contracts/IntegratedCare.Contracts/Spend/OnPersonDied.cs), Metrics [Facts](");
    }

    private List<Route> Routes() =>
        [.. ModuleOnDisk.All.SelectMany(m => m.Assembly.GetTypes().Select(t => (Module: m, Type: t)))
            .Join(app.Services.GetServices<EventRoute>(), t => t.Type.IsAbstract ? "" : ReactionList.HandlerName(t.Type), r => r.Handler,
                (t, r) => new Route(r.EventName, t.Module.Name,
                    t.Type.Namespace!.Replace($"IntegratedCare.{t.Module.Name}", "").Trim('.').Replace('.', '/'), t.Type.Name))];

    private static List<PublicEvent> PublicEvents() => [.. ModuleOnDisk.All.SelectMany(PublicEvents)];

    private static IEnumerable<PublicEvent> PublicEvents(ModuleOnDisk module)
    {
        var folder = Path.Combine(module.Folder, $"IntegratedCare.{module.Name}");
        var source = string.Concat(Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        return module.Events.GetTypes().Where(t => t.IsAssignableTo(typeof(IEvent)) && !t.IsInterface)
            .Select(t => new PublicEvent(
                (string)t.GetProperty(nameof(IEvent.Name))!.GetValue(null)!,
                source.Contains($"{t.Name}(", StringComparison.Ordinal) || source.Contains($"{t.Name} ", StringComparison.Ordinal)));
    }

    private static string Text(IReadOnlyCollection<Route> routes, IReadOnlyCollection<PublicEvent> events)
    {
        var text = new StringBuilder("```mermaid\nflowchart LR\n  vendors([EPR vendors, practices, councils]) -- care events --> P\n");
        foreach (var (module, letter, question) in Boxes)
            text.Append($"  {letter}[{Words(module)}<br/>{question}]\n");
        var heard = routes.Where(r => events.Any(e => e.Name == r.Event && e.IsPublished) && r.Module != ProducerOf(r.Event)).ToLookup(r => r.Event);
        var edges = heard
            .Select(e => (
                From: Letter(ProducerOf(e.Key)),
                To: string.Join(" & ", Boxes.Select(b => b.Module).Intersect(e.Select(r => r.Module)).Select(Letter)),
                e.Key))
            .GroupBy(e => (e.From, e.To));
        foreach (var edge in edges.OrderBy(e => Array.FindIndex(Boxes, b => b.Letter == e.Key.From)).ThenBy(e => e.Key.To, StringComparer.Ordinal))
            text.Append($"  {edge.Key.From} -- {string.Join("<br/>", edge.Select(e => ShortName(e.Key)).Order(StringComparer.Ordinal))} --> {edge.Key.To}\n");
        text.Append("```\n\n<details><summary>Each event, and who hears it</summary>\n\n| event | heard by |\n|---|---|\n");
        foreach (var (@event, isPublished) in events.OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var reactions = routes.Where(r => r.Event == @event).OrderBy(r => r.Module, StringComparer.Ordinal)
                .Select(r => $"{Words(r.Module)} [{Words(r.Room.Length > 0 ? r.Room : r.Reaction)}]({r.Path})").ToList();
            var heardBy = reactions.Count == 0 ? "nobody yet" : string.Join(", ", reactions);
            text.Append($"| `{@event}`{(isPublished ? "" : ", not published yet")} | {heardBy} |\n");
        }

        return text.Append("\n</details>\n").ToString();
    }

    private static string ProducerOf(string @event) => ModuleOnDisk.All.Single(m => m.Schema == EventRoute.ProducerOf(@event)).Name;

    private static string Letter(string module) => Boxes.Single(b => b.Module == module).Letter;

    private static string ShortName(string @event) => @event.Split('.')[1];

    private static string Words(string module) => string.Concat(module.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {c}" : $"{c}"));

    /// <param name="IsPublished">Whether the module's own code names it.</param>
    private sealed record PublicEvent(string Name, bool IsPublished);

    /// <param name="Room">The folder in the module; empty for its root.</param>
    private sealed record Route(string Event, string Module, string Room, string Reaction)
    {
        public string Path => $"src/Modules/{Module}/IntegratedCare.{Module}/{(Room.Length > 0 ? $"{Room}/" : "")}{Reaction}.cs";
    }
}
