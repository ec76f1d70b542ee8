using Snapshooter;
using Snapshooter.Xunit3;
using Xunit.Sdk;

namespace IntegratedCare.System.Tests;

/// <summary>Texts that are kept in a folder <c>__snapshots__</c>, so that a change of them is seen in review.</summary>
internal static class ReviewedText
{
    private const string Refresh =
        "UPDATE_SNAPSHOTS=1 dotnet test --project tests/IntegratedCare.System.Tests --filter-class '*.SchemaTests' '*.MigrationTests', "
            + "review the difference, commit.";

    /// <summary>Fails with the lines that differ. With <c>UPDATE_SNAPSHOTS</c> set the kept text is written again.</summary>
    public static void Match(string text, string folder, string file)
    {
        var kept = Path.Combine(folder, "__snapshots__", file);
        // What is missing Snapshooter writes, unless it is strict, as in .ci/run.
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") is { Length: > 0 } && File.Exists(kept))
            File.Delete(kept);
        try
        {
            Snapshot.Match(text, new SnapshotFullName(file, folder));
        }
        catch (EqualException)
        {
            // Its own message shows both texts on one line each.
            var difference = SchemaTests.Difference(File.ReadAllText(kept).ReplaceLineEndings("\n"), text);
            Assert.Fail($"{Path.GetRelativePath(Repository.Root, kept)} differs. If that is meant: {Refresh}\n{difference}");
        }
    }
}
