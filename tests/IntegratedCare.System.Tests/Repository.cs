namespace IntegratedCare.System.Tests;

/// <summary>The clone these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "IntegratedCare.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("IntegratedCare.sln is in no parent folder of the tests.");
    }
}
