using Npgsql;

namespace IntegratedCare.Shared;

/// <summary>An exception as it may be logged or stored: its types and codes, and where it was thrown; never messages that may quote data.</summary>
public static class SafeError
{
    public static string Describe(Exception error)
    {
        var kinds = new List<string>();
        for (var e = error; e is not null && kinds.Count < 4; e = e.InnerException)
        {
            kinds.Add(e switch
            {
                PostgresException p => $"PostgresException {p.SqlState} {p.TableName} {p.ConstraintName} {p.Routine}",
                Http.RuleViolation r => $"RuleViolation {r.Type.Code}",
                InvalidOperationException or NotSupportedException or ArgumentException { ParamName: null } => $"{e.GetType().Name}: {e.Message}",
                _ => e.GetType().Name,
            });
        }

        var place = error.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("IntegratedCare", StringComparison.Ordinal))?.Trim();
        return $"{string.Join(" <- ", kinds)} {place}".Trim();
    }
}
