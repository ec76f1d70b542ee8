using System.CommandLine;
using IntegratedCare.Host.Verbs;

var root = new RootCommand("IntegratedCare: one platform that lets the organisations of a care system act as one. Without a verb it serves.");
root.Add(ServeVerb.Command());
root.Add(MigrateVerb.Command());
root.Add(DemoVerb.Command());
root.Add(ExportOpenApiVerb.Command());
root.Add(SettleVerb.Command());
root.SetAction(async (parse, ct) =>
{
    // A setting begins with -- or contains =; anything else is an unknown verb.
    if (parse.UnmatchedTokens is [var first, ..] && !first.StartsWith('-') && !first.StartsWith('/') && !first.Contains('='))
    {
        await Console.Error.WriteLineAsync($"There is no verb '{first}'. The verbs are {string.Join(", ", root.Subcommands.Select(c => c.Name))}; without "
            + "one the host serves.");
        return 2;
    }

    return await ServeVerb.RunAsync([.. parse.UnmatchedTokens], ct);
});

// Settings may follow as --Section:Key=value, so unknown tokens are passed on to configuration.
root.TreatUnmatchedTokensAsErrors = false;
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
