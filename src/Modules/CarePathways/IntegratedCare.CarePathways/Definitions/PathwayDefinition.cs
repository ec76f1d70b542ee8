using System.Diagnostics.CodeAnalysis;
using System.Xml;

namespace IntegratedCare.CarePathways.Definitions;

/// <summary>A pathway as versioned data: its stages, work, clocks, quorum and outcomes.</summary>
internal sealed record PathwayDefinition(
    string Id,
    int Version,
    string Title,
    string Source,
    IReadOnlyList<string> MayRefer,
    IReadOnlyList<string> ProposedBy,
    IReadOnlyList<EntryCriterion> EntryCriteria,
    IReadOnlyList<string> PartnerKinds,
    IReadOnlyList<AssessmentKind> Assessments,
    IReadOnlyList<QuorumRule> Quorum,
    string Start,
    IReadOnlyList<Stage> Stages,
    IReadOnlyList<ClockRule> Clocks,
    IReadOnlyList<string> ReviewOutcomes,
    IReadOnlyList<Outcome> Outcomes)
{
    public Stage Stage(string id) => Stages.First(s => s.Id == id);

    /// <summary>Everything wrong with the definition; empty when it may be used.</summary>
    public IReadOnlyList<string> Check()
    {
        var faults = new List<string>();
        Distinct("stage", Stages.Select(s => s.Id));
        Distinct("clock", Clocks.Select(c => c.Id));
        Distinct("outcome", Outcomes.Select(o => o.Id));
        if (Version < 1)
            faults.Add("The version starts at 1.");

        var stages = Stages.DistinctBy(s => s.Id).ToDictionary(s => s.Id);
        foreach (var stage in Stages)
        {
            faults.AddRange(stage.Moves.Where(m => !stages.ContainsKey(m)).Select(m => $"Stage {stage.Id} moves to {m}, which does not exist."));
            if (stage.Then is { } then && !stage.Moves.Contains(then))
                faults.Add($"Stage {stage.Id} is followed by {then}, which is not one of its moves.");
            if (stage.Then is null && stage.Work.Count > 0)
                faults.Add($"Stage {stage.Id} requires work but nothing follows it.");
            if (stage.Exit && stage.Moves.Count > 0)
                faults.Add($"Stage {stage.Id} is an exit and cannot move on.");
            faults.AddRange(stage.Allows.Concat(stage.Work.Select(w => w.Act)).Where(a => !Acts.All.Contains(a))
                .Select(a => $"Stage {stage.Id} names the act {a}, which does not exist."));
            faults.AddRange(stage.Work.Where(w => !stage.Allows.Contains(w.Act)).Select(w => $"Stage {stage.Id} requires {w.Act} but does not allow it."));
            faults.AddRange(stage.Work.Select(w => Unknown(w)).OfType<string>().Select(f => $"Stage {stage.Id}: {f}"));
        }

        if (!stages.ContainsKey(Start))
        {
            faults.Add($"The start stage {Start} does not exist.");
        }
        else
        {
            var reached = Reachable(Start, stages);
            faults.AddRange(Stages.Where(s => !reached.Contains(s.Id)).Select(s => $"Stage {s.Id} cannot be reached."));
            if (!Stages.Any(s => s.Exit))
                faults.Add("There is no exit.");
            else
                faults.AddRange(Stages.Where(s => !s.Exit && !Reachable(s.Id, stages).Any(r => stages[r].Exit))
                    .Select(s => $"No exit can be reached from stage {s.Id}."));
        }

        foreach (var clock in Clocks)
        {
            if (clock.Start.Count == 0)
                faults.Add($"Clock {clock.Id} has no start.");
            if (clock.Stop.Count == 0)
                faults.Add($"Clock {clock.Id} has no stop.");
            if (!Limit.TryParse(clock.Limit, out _))
                faults.Add($"Clock {clock.Id} has the limit {clock.Limit}; it must be days (P14D) or hours and minutes (PT2H).");
            if (clock.PausedWhile is not null and not ClockRule.InHospital)
                faults.Add($"Clock {clock.Id} is paused while {clock.PausedWhile}, which is not known.");
            foreach (var trigger in clock.Start.Concat(clock.Stop))
            {
                if (Acts.All.Contains(trigger.Act) && !Acts.Dated.Contains(trigger.Act))
                    faults.Add($"Clock {clock.Id} waits for {trigger.Act}, which starts and stops no clock.");
                if (!Stages.Any(s => s.Allows.Contains(trigger.Act)))
                    faults.Add($"Clock {clock.Id} waits for {trigger.Act}, which no stage allows.");
                if (Unknown(trigger) is { } unknown)
                    faults.Add($"Clock {clock.Id}: {unknown}");
            }
        }

        if (Quorum.Any(q => q.Least < 1 || q.Roles.Count == 0))
            faults.Add("A quorum rule names roles and how many at least.");
        if (!Outcomes.Any(o => !o.ByEvent))
            faults.Add("There is no outcome to close with.");
        return faults;

        void Distinct(string what, IEnumerable<string> ids) =>
            faults.AddRange(ids.GroupBy(i => i).Where(g => g.Count() > 1).Select(g => $"The {what} {g.Key} is defined twice."));

        string? Unknown(Work work) => work.Kind is { } kind && (work.Act != Acts.Assessment || Assessments.All(a => a.Kind != kind))
            ? $"{work.Act} of kind {kind} is not defined." : null;
    }

    private static HashSet<string> Reachable(string from, Dictionary<string, Stage> stages)
    {
        var reached = new HashSet<string>();
        var next = new Stack<string>([from]);
        while (next.TryPop(out var id))
        {
            if (!stages.TryGetValue(id, out var stage) || !reached.Add(id))
                continue;
            foreach (var move in stage.Moves)
                next.Push(move);
        }

        return reached;
    }
}

internal sealed record EntryCriterion(string Id, string Text);

/// <param name="ValidDays">An assessment made this many days before the proposal still counts.</param>
internal sealed record AssessmentKind(string Kind, string Title, int ValidDays);

/// <summary>At least so many present in one of these roles.</summary>
internal sealed record QuorumRule(string Title, IReadOnlyList<string> Roles, int Least);

/// <param name="Role">The role that holds the baton in this stage.</param>
/// <param name="Work">What must be done before <paramref name="Then"/> follows by itself.</param>
/// <param name="Allows">The acts possible in this stage.</param>
internal sealed record Stage(
    string Id, string Title, string Role, bool Exit, IReadOnlyList<Work> Work, IReadOnlyList<string> Allows, string? Then, IReadOnlyList<string> Moves);

internal sealed record Work(string Act, string? Kind = null);

/// <param name="Limit">ISO 8601: whole days in Europe/London (<c>P14D</c>) or elapsed time (<c>PT2H</c>).</param>
/// <param name="Basis">Where the limit comes from.</param>
internal sealed record ClockRule(
    string Id, string Title, string Limit, bool Repeats, string Basis, IReadOnlyList<Work> Start, IReadOnlyList<Work> Stop, string? PausedWhile = null)
{
    public const string InHospital = "in-hospital";
}

/// <param name="ByEvent">Only an event may give this outcome, never a caller.</param>
internal sealed record Outcome(string Id, string Title, bool ByEvent);

/// <summary>What can be done to an episode.</summary>
internal static class Acts
{
    public const string Accept = "accept";
    public const string Decline = "decline";
    public const string Withdraw = "withdraw";
    public const string Assessment = "assessment";
    public const string KeyWorker = "key-worker";
    public const string Meeting = "meeting";
    public const string Plan = "plan";
    public const string Review = "review";
    public const string Team = "team";
    public const string Handover = "handover";
    public const string Close = "close";

    public static readonly string[] All = [Accept, Decline, Withdraw, Assessment, KeyWorker, Meeting, Plan, Review, Team, Handover, Close];

    /// <summary>Those that start and stop clocks: what <c>DatedAct.Of</c> finds in an episode.</summary>
    public static readonly string[] Dated = [Accept, Assessment, Meeting, Plan, Review];
}

/// <summary>A clock's limit: whole days in Europe/London, or elapsed time.</summary>
internal sealed record Limit(int Days, TimeSpan Elapsed)
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out Limit? limit)
    {
        limit = null;
        if (text is null || !text.StartsWith('P') || text.Split('T')[0].AsSpan().IndexOfAny("YMW") >= 0)
            return false;
        try
        {
            var span = XmlConvert.ToTimeSpan(text);
            if (span > TimeSpan.Zero)
                limit = text.Contains('T') ? new Limit(0, span) : new Limit(span.Days, TimeSpan.Zero);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            limit = null;
        }

        return limit is not null;
    }

    public static Limit Parse(string text) => TryParse(text, out var limit) ? limit : throw new FormatException("Not a limit.");
}
