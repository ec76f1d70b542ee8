using IntegratedCare.CarePathways.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.CarePathways.Domain;

/// <summary>
/// One person's way along one pathway. Every verb says who acts, checks the stage against the definition the episode
/// started on, and leaves history, clocks and events behind.
/// </summary>
internal sealed class Episode : Aggregate
{
    private readonly List<Action<ModuleDbContext>> _events = [];
    private readonly List<ClockRow> _clocks = [];

    private Episode()
    {
    }

    public string Pathway { get; private set; } = "";
    public int PathwayVersion { get; private set; }
    public Guid PersonId { get; private set; }
    public string Practice { get; private set; } = "";
    public string? Locality { get; private set; }
    public EpisodeStatus Status { get; private set; }
    public string Stage { get; private set; } = "";

    /// <summary>The practice, the holder, the partner and everybody in the team: who may see the episode.</summary>
    public string[] Organisations { get; private set; } = [];

    /// <summary>Whether this open episode names the person's key worker; at most one does.</summary>
    public bool HasKeyWorker { get; private set; }

    public DateTimeOffset ProposedAt { get; private set; }
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>The next instant at which a running clock is late.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    public EpisodeDocument Document { get; private set; } = null!;

    /// <summary>The clocks as last computed, kept as rows so that they can be listed by due time.</summary>
    public IReadOnlyList<ClockRow> ClockRows => _clocks;

    public bool IsOpen => Status is EpisodeStatus.Proposed or EpisodeStatus.Active;

    public EpisodeRef Ref => new(Id, Pathway, PathwayVersion, PersonId, Practice, Locality);

    public static Episode Propose(
        PathwayDefinition definition, Guid person, string practice, string? locality, string reason, string? tier, Actor by, DateTimeOffset now)
    {
        var start = definition.Stage(definition.Start);
        var episode = new Episode
        {
            Pathway = definition.Id,
            PathwayVersion = definition.Version,
            PersonId = person,
            Practice = practice,
            Locality = locality,
            Status = EpisodeStatus.Proposed,
            Stage = start.Id,
            ProposedAt = now,
            Document = new EpisodeDocument(reason, tier, new Baton(practice, start.Role), null, null, [], null, [], [], [], [], [], [], null,
                [new HistoryEntry("propose", now, by, reason, null, start.Id)]),
        };
        episode.Tell(new EpisodeProposed(episode.Ref, reason, now));
        episode.Settle(definition, now);
        return episode;
    }

    public void Accept(PathwayDefinition definition, Actor by, string? partner, string? partnerKind, string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.Accept);
        if (partner is not null)
            Eligible(definition, partnerKind);
        Status = EpisodeStatus.Active;
        Document = Document with { Partner = partner == Practice ? null : partner };
        Note(Acts.Accept, by, why, now);
        Tell(new EpisodeAccepted(Ref, by.Organisation ?? Practice, now));
        Settle(definition, now);
    }

    public void Decline(PathwayDefinition definition, Actor by, string reason, DateTimeOffset now)
    {
        Allow(definition, Acts.Decline);
        Note(Acts.Decline, by, reason, now);
        End(definition, EpisodeStatus.Declined, "declined", LondonTime.DateOf(now), null, now);
    }

    /// <summary>The reason for the proposal has gone before anybody accepted it.</summary>
    public void Withdraw(PathwayDefinition definition, Actor by, string reason, DateTimeOffset now)
    {
        Allow(definition, Acts.Withdraw);
        Note(Acts.Withdraw, by, reason, now);
        End(definition, EpisodeStatus.Withdrawn, "withdrawn", LondonTime.DateOf(now), null, now);
    }

    /// <param name="corrects">An assessment of this episode that was recorded wrongly; it keeps its place, with new content.</param>
    public Assessment RecordAssessment(
        PathwayDefinition definition, Actor by, string kind, DateOnly date, string findings, Assessor assessor, Guid? corrects, string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.Assessment);
        var defined = definition.Assessments.FirstOrDefault(a => a.Kind == kind)
            ?? throw new RuleViolation(CarePathwaysProblems.NotDefined, $"The kinds of assessment are: {string.Join(", ", definition.Assessments.Select(a => a.Kind))}.");
        NotAfterToday(date, now);
        var earliest = LondonTime.DateOf(ProposedAt).AddDays(-defined.ValidDays);
        if (date < earliest)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, $"A {kind} assessment counts for {defined.ValidDays} days: not before {earliest:yyyy-MM-dd}.");

        var replaced = corrects is null ? null : Document.Assessments.FirstOrDefault(a => a.Id == corrects && !a.Corrected)
            ?? throw new RuleViolation(CarePathwaysProblems.AssessmentUnknown, CarePathwaysProblems.AssessmentUnknown.Explanation);
        var assessment = new Assessment(Guid.CreateVersion7(), kind, date, findings, assessor, by.Organisation ?? Practice, now, corrects, false, replaced?.Order ?? now);
        Document = Document with { Assessments = [.. Document.Assessments.Select(a => a == replaced ? a with { Corrected = true } : a), assessment] };
        Note(Acts.Assessment, by, why, now);
        Tell(new AssessmentRecorded(Ref, assessment.Id, kind, assessment.Organisation, now));
        Settle(definition, now);
        return assessment;
    }

    public void NameKeyWorker(PathwayDefinition definition, Actor by, string name, string role, string organisation, string? organisationKind, string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.KeyWorker);
        if (organisation != Practice)
            Eligible(definition, organisationKind);
        var today = LondonTime.DateOf(now);
        Document = Document with { KeyWorker = new KeyWorker(name, role, organisation, today) };
        HasKeyWorker = true;
        Join(organisation, role, name, today);
        Note(Acts.KeyWorker, by, why, now);
        Settle(definition, now);
    }

    public void RecordMeeting(
        PathwayDefinition definition, Actor by, DateOnly date, IReadOnlyList<Attendance> attendance, IReadOnlyList<string> decisions, IReadOnlyList<MeetingTask> tasks,
        string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.Meeting);
        NotAfterToday(date, now);
        NotBeforeProposal(date);
        var missing = Quorum.Missing(definition.Quorum, attendance.Select(a => a.Role));
        Document = Document with
        {
            Meetings = [.. Document.Meetings, new Meeting(Guid.CreateVersion7(), date, attendance, decisions, tasks, missing.Count == 0, missing, now)],
        };
        Note(Acts.Meeting, by, why, now);
        Settle(definition, now);
    }

    public void RecordPlan(
        PathwayDefinition definition, Actor by, DateOnly date, IReadOnlyList<string> goals, IReadOnlyList<PlanAction> actions, IReadOnlyList<AnticipatoryStep> anticipatory,
        IReadOnlyList<string> selfCare, DateOnly reviewDate, string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.Plan);
        NotAfterToday(date, now);
        NotBeforeProposal(date);
        if (Document.Plans is [.., var last] && date < last.Date)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "A plan's new version is not dated before the one it replaces.");
        if (reviewDate <= date)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "The review date lies after the date of the plan.");
        Document = Document with
        {
            Plans = [.. Document.Plans, new CarePlan(Document.Plans.Count + 1, date, goals, actions, anticipatory, selfCare, reviewDate, now)],
        };
        Note(Acts.Plan, by, why, now);
        TellPlan(now);
        Settle(definition, now);
    }

    public void Review(PathwayDefinition definition, Actor by, DateOnly date, string outcome, string? note, DateOnly? nextReviewDate, DateTimeOffset now)
    {
        Allow(definition, Acts.Review);
        if (Document.Plans is not [.., var plan])
            throw new RuleViolation(CarePathwaysProblems.NoPlan, CarePathwaysProblems.NoPlan.Explanation);
        if (!definition.ReviewOutcomes.Contains(outcome))
            throw new RuleViolation(CarePathwaysProblems.NotDefined, $"The outcomes of a review are: {string.Join(", ", definition.ReviewOutcomes)}.");
        NotAfterToday(date, now);
        if (date < Document.Plans[0].Date)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "A review is not dated before the plan.");
        if (nextReviewDate <= date)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "The next review date lies after this review.");
        Document = Document with { Reviews = [.. Document.Reviews, new PlanReview(Guid.CreateVersion7(), date, outcome, note, nextReviewDate, plan.Version, now)] };
        Note(Acts.Review, by, null, now);
        TellPlan(now);
        Settle(definition, now);
    }

    public void AddToTeam(PathwayDefinition definition, Actor by, string organisation, string? organisationKind, string role, string? name, string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.Team);
        if (organisation != Practice)
            Eligible(definition, organisationKind);
        Join(organisation, role, name, LondonTime.DateOf(now));
        Note(Acts.Team, by, why, now);
        Settle(definition, now);
    }

    public void OfferBaton(PathwayDefinition definition, Actor by, string organisation, string? organisationKind, string role, string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.Handover);
        if (organisation != Practice)
            Eligible(definition, organisationKind);
        Document = Document with { Offer = new BatonOffer(organisation, role, now) };
        Note("offer-handover", by, why, now);
        Settle(definition, now);
    }

    public void AcceptBaton(PathwayDefinition definition, Actor by, string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.Handover);
        if (Document.Offer is not { } offer)
            throw new RuleViolation(CarePathwaysProblems.NoHandover, CarePathwaysProblems.NoHandover.Explanation);
        Document = Document with { Baton = new Baton(offer.Organisation, offer.Role), Offer = null };
        Note("accept-handover", by, why, now);
        Settle(definition, now);
    }

    public void Close(PathwayDefinition definition, Actor by, string outcome, string? why, DateTimeOffset now)
    {
        Allow(definition, Acts.Close);
        var allowed = definition.Outcomes.Where(o => !o.ByEvent).Select(o => o.Id).ToList();
        if (!allowed.Contains(outcome))
            throw new RuleViolation(CarePathwaysProblems.NotDefined, $"The outcomes are: {string.Join(", ", allowed)}.");
        Note(Acts.Close, by, why, now);
        End(definition, EpisodeStatus.Closed, outcome, LondonTime.DateOf(now), null, now);
    }

    /// <summary>The person died: an open episode closes and remembers where it stood.</summary>
    public void CloseByDeath(PathwayDefinition definition, DateOnly died, DateTimeOffset now)
    {
        if (!IsOpen)
            return;
        Note("death", Actor.Event("population.person-died.v1"), null, now);
        End(definition, EpisodeStatus.Closed, "died", died, new EndedByDeath(Status, Stage, Document.Offer), now);
    }

    /// <summary>The death was recorded wrongly: what it closed goes on where it stood; what a person closed stays closed.</summary>
    public void ReopenAfterDeath(PathwayDefinition definition, DateTimeOffset now)
    {
        if (Document.Ending?.Before is not { } before)
            return;
        var from = Stage;
        Status = before.Status;
        Stage = before.Stage;
        EndedAt = null;
        // All of them are told again: the end told that nobody takes part.
        Organisations = [];
        HasKeyWorker = Document.KeyWorker is not null;
        Document = Document with { Ending = null, Offer = before.Offer };
        Note("death-withdrawn", Actor.Event("population.death-withdrawn.v1"), null, now, from, Stage);
        Tell(new StageChanged(Ref, from, Stage, now));
        TellPlan(now);
        Settle(definition, now);
    }

    /// <summary>A death closed it, but another episode has taken its place: no later withdrawal reopens it.</summary>
    public void StayClosed()
    {
        if (Document.Ending is { Before: not null } ending)
            Document = Document with { Ending = ending with { Before = null } };
    }

    /// <summary>Keeps the highest version of each emergency admission. True when something changed.</summary>
    public bool NoteAdmission(PathwayDefinition definition, Admission admission, DateTimeOffset now)
    {
        var known = Document.Admissions.FirstOrDefault(a => a.Source == admission.Source && a.RecordId == admission.RecordId);
        if (known?.Version >= admission.Version)
            return false;
        // Not noted: what was over before the episode, and what was never an emergency admission in any version.
        if (known is null && (admission.End < ProposedAt || (admission.Cancelled && admission.Version <= 1)))
            return false;
        Document = Document with { Admissions = [.. Document.Admissions.Where(a => a != known), admission] };
        Settle(definition, now);
        return true;
    }

    /// <summary>Records the clocks that have run out since the last look, each once.</summary>
    public void NoticeBreaches(PathwayDefinition definition, DateTimeOffset now)
    {
        Settle(definition, now);
        var found = _clocks.Where(c => c.StoppedAt is null && c.BreachedAt is null && c.DueAt <= now)
            .Select(c => new Breach(c.Clock, c.Number, c.DueAt!.Value, now)).ToList();
        if (found.Count == 0)
            return;
        Document = Document with { Breaches = [.. Document.Breaches, .. found] };
        foreach (var breach in found)
            Tell(new ClockBreached(Ref, breach.Clock, breach.DueAt, now));
        Settle(definition, now);
    }

    /// <summary>The events since the last save, for the context that saves them with the state.</summary>
    internal void PublishTo(ModuleDbContext db)
    {
        foreach (var tell in _events)
            tell(db);
        _events.Clear();
    }

    private void Allow(PathwayDefinition definition, string act)
    {
        if (!IsOpen)
            throw new RuleViolation(CarePathwaysProblems.EpisodeEnded, $"The episode is {Status.ToString().ToLowerInvariant()}.");
        var stage = definition.Stage(Stage);
        if (!stage.Allows.Contains(act))
            throw new RuleViolation(CarePathwaysProblems.NotInThisStage, $"The stage is {stage.Id}, which allows: {string.Join(", ", stage.Allows)}.");
    }

    private static void Eligible(PathwayDefinition definition, string? kind)
    {
        if (kind is null)
            throw new RuleViolation(CarePathwaysProblems.OrganisationUnknown, CarePathwaysProblems.OrganisationUnknown.Explanation);
        if (!definition.PartnerKinds.Contains(kind))
            throw new RuleViolation(CarePathwaysProblems.OrganisationNotEligible, $"Partners are: {string.Join(", ", definition.PartnerKinds)}.");
    }

    private static void NotAfterToday(DateOnly date, DateTimeOffset now)
    {
        if (date > LondonTime.DateOf(now))
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "The date is after today.");
    }

    private void NotBeforeProposal(DateOnly date)
    {
        if (date < LondonTime.DateOf(ProposedAt))
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "The date is before the episode was proposed.");
    }

    private void Join(string organisation, string role, string? name, DateOnly from)
    {
        if (!Document.Team.Any(m => m.Organisation == organisation && m.Role == role && m.Name == name && m.To is null))
            Document = Document with { Team = [.. Document.Team, new TeamMember(organisation, role, name, from, null)] };
    }

    private void End(PathwayDefinition definition, EpisodeStatus status, string outcome, DateOnly on, EndedByDeath? before, DateTimeOffset now)
    {
        var exit = status switch { EpisodeStatus.Declined => "declined", EpisodeStatus.Withdrawn => "withdrawn", _ => "closed" };
        Document = Document with { Ending = new Ending(outcome, now, on, before), Offer = null };
        Status = status;
        EndedAt = now;
        HasKeyWorker = false;
        Move(exit, now);
        TellPlan(now);
        Tell(new EpisodeClosed(Ref, outcome, now));
        Tell(new EpisodePartnersChanged(Ref, [], now));
        Settle(definition, now);
    }

    private void Move(string to, DateTimeOffset now)
    {
        var from = Stage;
        Stage = to;
        // The stage is part of the history entry of the act that moved it.
        Document = Document with { History = [.. Document.History.SkipLast(1), Document.History[^1] with { FromStage = Document.History[^1].FromStage ?? from, ToStage = to }] };
        Tell(new StageChanged(Ref, from, to, now));
    }

    /// <summary>After every act: moves on when the stage's work is done, and brings the columns and clocks into line.</summary>
    private void Settle(PathwayDefinition definition, DateTimeOffset now)
    {
        while (Status == EpisodeStatus.Active && definition.Stage(Stage) is { Then: { } then } stage && stage.Work.All(Done))
        {
            Move(then, now);
            Document = Document with { Baton = Document.Baton with { Role = definition.Stage(then).Role } };
        }

        var before = Organisations;
        Organisations = [.. new[] { Practice, Document.Baton.Organisation, Document.Offer?.Organisation, Document.Partner }
            .Concat(Document.Team.Where(m => m.To is null).Select(m => m.Organisation)).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        if (IsOpen && !Organisations.SequenceEqual(before))
            Tell(new EpisodePartnersChanged(Ref, Organisations, now));

        var runs = Clocks.Compute(definition, Happened(), [.. Document.Admissions.Where(a => !a.Cancelled).Select(a => new Stay(a.Start, a.End))], ClocksEnd(), now);
        _clocks.RemoveAll(c => !runs.Any(r => r.Clock == c.Clock && r.Number == c.Number));
        foreach (var run in runs)
        {
            var row = _clocks.Find(c => c.Clock == run.Clock && c.Number == run.Number);
            if (row is null)
                _clocks.Add(row = new ClockRow(Id, run.Clock, run.Number));
            row.Set(run, Document.Breaches.FirstOrDefault(b => b.Clock == run.Clock && b.Number == run.Number && b.DueAt == run.DueAt)?.NoticedAt);
        }

        DueAt = _clocks.Where(c => c.StoppedAt is null).Min(c => c.DueAt);
    }

    /// <summary>A death that became known later stops the clocks on its day.</summary>
    private DateTimeOffset? ClocksEnd() => Document.Ending switch
    {
        null => null,
        { } e when e.On < LondonTime.DateOf(e.At) => LondonTime.StartOf(e.On),
        { } e => e.At,
    };

    private bool Done(Work work) => work.Act switch
    {
        Acts.Accept => Status == EpisodeStatus.Active,
        Acts.Assessment => Document.Assessments.Any(a => !a.Corrected && (work.Kind is null || a.Kind == work.Kind)),
        Acts.KeyWorker => Document.KeyWorker is not null,
        Acts.Meeting => Document.Meetings.Any(m => m.Quorate),
        Acts.Plan => Document.Plans.Count > 0,
        Acts.Review => Document.Reviews.Count > 0,
        _ => false,
    };

    private List<Happening> Happened() =>
    [
        .. Document.History.Where(h => h.Act == Acts.Accept).Select(h => new Happening(h.Act, null, LondonTime.DateOf(h.At), h.At, h.At)),
        .. Document.Assessments.Where(a => !a.Corrected).Select(a => Dated(Acts.Assessment, a.Kind, a.Date, a.RecordedAt) with { RecordedAt = a.Order }),
        .. Document.Meetings.Where(m => m.Quorate).Select(m => Dated(Acts.Meeting, null, m.Date, m.RecordedAt)),
        .. Document.Plans.Select(p => Dated(Acts.Plan, null, p.Date, p.RecordedAt) with { AgreedDue = p.ReviewDate }),
        .. Document.Reviews.Select(r => Dated(Acts.Review, null, r.Date, r.RecordedAt) with { AgreedDue = r.NextReviewDate }),
    ];

    private static Happening Dated(string act, string? kind, DateOnly date, DateTimeOffset recorded) =>
        new(act, kind, date, LondonTime.DateOf(recorded) == date ? recorded : LondonTime.StartOf(date), recorded);

    private void Note(string act, Actor by, string? why, DateTimeOffset now, string? from = null, string? to = null) =>
        Document = Document with { History = [.. Document.History, new HistoryEntry(act, now, by, why, from, to)] };

    private void TellPlan(DateTimeOffset now)
    {
        if (Document.Plans is not [.., var plan])
            return;
        var current = Document.Reviews.Select(r => r.Date).Append(plan.Date).Max();
        Tell(new PlanChanged(Ref, plan.Version, plan.Anticipatory.Count > 0, current, Document.Ending?.On, now));
    }

    private void Tell<TEvent>(TEvent @event) where TEvent : IEvent => _events.Add(db => db.Publish(@event));
}
