using System.Text.Json.Serialization;
using IntegratedCare.CarePathways.Assessments;
using IntegratedCare.CarePathways.CarePlans;
using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.CarePathways.Meetings;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>
/// One person's episode on one pathway. Every verb takes the actor, checks the stage against the definition the episode started on,
/// and returns the next state with its history, clocks and events. Assessments, meetings and care plans have their verbs in their own folders.
/// </summary>
internal sealed record Episode : Document
{
    public required string Pathway { get; init; }
    public required int PathwayVersion { get; init; }
    public required Guid PersonId { get; init; }
    public required string Practice { get; init; }
    public string? Locality { get; init; }
    public required EpisodeStatus Status { get; init; }
    public required string Stage { get; init; }

    /// <summary>Why the person was proposed.</summary>
    public required string Reason { get; init; }

    /// <summary>The tier of the high-risk register that the person was confirmed in.</summary>
    public string? Tier { get; init; }

    public required DateTimeOffset ProposedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The next instant at which a running clock is late.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public required Baton Baton { get; init; }
    public BatonOffer? Offer { get; init; }
    public string? Partner { get; init; }
    public KeyWorker? KeyWorker { get; init; }
    public IReadOnlyList<TeamMember> Team { get; init; } = [];

    /// <summary>The practice, the holder, the partner and the team: the organisations that may see the episode.</summary>
    public string[] Organisations { get; init; } = [];

    public IReadOnlyList<Assessment> Assessments { get; init; } = [];
    public IReadOnlyList<Meeting> Meetings { get; init; } = [];
    public IReadOnlyList<CarePlan> Plans { get; init; } = [];
    public IReadOnlyList<PlanReview> Reviews { get; init; } = [];
    public IReadOnlyList<Admission> Admissions { get; init; } = [];
    public IReadOnlyList<Breach> Breaches { get; init; } = [];
    public Ending? Ending { get; init; }
    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    /// <summary>Whether this open episode names the person's key worker; at most one does.</summary>
    public bool HasKeyWorker => IsOpen && KeyWorker is not null;

    [JsonIgnore]
    public bool IsOpen => Status is EpisodeStatus.Proposed or EpisodeStatus.Active;

    [JsonIgnore]
    public EpisodeRef Ref => new(Id, Pathway, PathwayVersion, PersonId, Practice, Locality);

    /// <summary>The clocks as the last verb computed them, to be written to their table; null after loading.</summary>
    [JsonIgnore]
    public IReadOnlyList<ClockRun>? Clocks { get; init; }

    /// <summary>The events since the last save, in order, each as the call that publishes it.</summary>
    [JsonIgnore]
    public IReadOnlyList<Action<ModuleSession>> Unpublished { get; init; } = [];

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
            Reason = reason,
            Tier = tier,
            ProposedAt = now,
            Baton = new Baton(practice, start.Role),
            History = [new HistoryEntry("propose", now, by, reason, null, start.Id)],
        };
        return episode.Publish(new EpisodeProposed(episode.Ref, reason, now)).Advance(definition, now);
    }

    public Episode Accept(PathwayDefinition definition, Actor by, string? partner, string? partnerKind, string? why, DateTimeOffset now)
    {
        RequireAllowed(definition, Acts.Accept);
        if (partner is not null)
            RequireEligible(definition, partnerKind);
        return (this with { Status = EpisodeStatus.Active, Partner = partner == Practice ? null : partner })
            .AddHistory(Acts.Accept, by, why, now)
            .Publish(new EpisodeAccepted(Ref, by.Organisation ?? Practice, now))
            .Advance(definition, now);
    }

    public Episode Decline(PathwayDefinition definition, Actor by, string reason, DateTimeOffset now)
    {
        RequireAllowed(definition, Acts.Decline);
        return AddHistory(Acts.Decline, by, reason, now).End(definition, EpisodeStatus.Declined, "declined", LondonTime.DateOf(now), null, now);
    }

    /// <summary>The reason for the proposal no longer holds, and the practice has not accepted it yet.</summary>
    public Episode Withdraw(PathwayDefinition definition, Actor by, string reason, DateTimeOffset now)
    {
        RequireAllowed(definition, Acts.Withdraw);
        return AddHistory(Acts.Withdraw, by, reason, now).End(definition, EpisodeStatus.Withdrawn, "withdrawn", LondonTime.DateOf(now), null, now);
    }

    public Episode NameKeyWorker(
        PathwayDefinition definition, Actor by, string name, string role, string organisation, string? organisationKind, string? why, DateTimeOffset now)
    {
        RequireAllowed(definition, Acts.KeyWorker);
        if (organisation != Practice)
            RequireEligible(definition, organisationKind);
        var today = LondonTime.DateOf(now);
        return (this with { KeyWorker = new KeyWorker(name, role, organisation, today) })
            .JoinTeam(organisation, role, name, today)
            .AddHistory(Acts.KeyWorker, by, why, now)
            .Advance(definition, now);
    }

    public Episode AddTeamMember(
        PathwayDefinition definition, Actor by, string organisation, string? organisationKind, string role, string? name, string? why, DateTimeOffset now)
    {
        RequireAllowed(definition, Acts.Team);
        if (organisation != Practice)
            RequireEligible(definition, organisationKind);
        return JoinTeam(organisation, role, name, LondonTime.DateOf(now)).AddHistory(Acts.Team, by, why, now).Advance(definition, now);
    }

    public Episode OfferBaton(
        PathwayDefinition definition, Actor by, string organisation, string? organisationKind, string role, string? why, DateTimeOffset now)
    {
        RequireAllowed(definition, Acts.Handover);
        if (organisation != Practice)
            RequireEligible(definition, organisationKind);
        return (this with { Offer = new BatonOffer(organisation, role, now) }).AddHistory("offer-handover", by, why, now).Advance(definition, now);
    }

    public Episode AcceptBaton(PathwayDefinition definition, Actor by, string? why, DateTimeOffset now)
    {
        RequireAllowed(definition, Acts.Handover);
        if (Offer is null)
            throw new RuleViolation(CarePathwaysProblems.NoHandover, CarePathwaysProblems.NoHandover.Explanation);
        return (this with { Baton = new Baton(Offer.Organisation, Offer.Role), Offer = null })
            .AddHistory("accept-handover", by, why, now)
            .Advance(definition, now);
    }

    public Episode Close(PathwayDefinition definition, Actor by, string outcome, string? why, DateTimeOffset now)
    {
        RequireAllowed(definition, Acts.Close);
        var allowed = definition.Outcomes.Where(o => !o.ByEvent).Select(o => o.Id).ToList();
        if (!allowed.Contains(outcome))
            throw new RuleViolation(CarePathwaysProblems.NotDefined, $"The outcomes are: {string.Join(", ", allowed)}.");
        return AddHistory(Acts.Close, by, why, now).End(definition, EpisodeStatus.Closed, outcome, LondonTime.DateOf(now), null, now);
    }

    /// <summary>The person died: closes an open episode and keeps its state, in case the death is withdrawn.</summary>
    public Episode CloseByDeath(PathwayDefinition definition, DateOnly died, DateTimeOffset now) => !IsOpen ? this
        : AddHistory("death", Actor.Event("population.person-died.v1"), null, now)
            .End(definition, EpisodeStatus.Closed, "died", died, new EndedByDeath(Status, Stage, Offer), now);

    /// <summary>The death was recorded in error: an episode that it closed gets its earlier state back; one that a person closed stays closed.</summary>
    public Episode ReopenAfterDeath(PathwayDefinition definition, DateTimeOffset now)
    {
        if (Ending?.Before is not { } before)
            return this;
        // Closing published an empty list of organisations: starting from an empty list publishes all of them again.
        return (this with { Status = before.Status, Stage = before.Stage, EndedAt = null, Organisations = [], Ending = null, Offer = before.Offer })
            .AddHistory("death-withdrawn", Actor.Event("population.death-withdrawn.v1"), null, now, Stage, before.Stage)
            .Publish(new StageChanged(Ref, Stage, before.Stage, now))
            .PublishPlan(now)
            .Advance(definition, now);
    }

    /// <summary>Drops the state kept at a death: another episode on the pathway is open, so withdrawing the death must not reopen this one.</summary>
    public Episode KeepClosed() => Ending is { Before: not null } ? this with { Ending = Ending with { Before = null } } : this;

    /// <summary>Keeps the highest version of each emergency admission; the same episode when nothing changes.</summary>
    public Episode RecordAdmission(PathwayDefinition definition, Admission admission, DateTimeOffset now)
    {
        var known = Admissions.FirstOrDefault(a => a.Source == admission.Source && a.RecordId == admission.RecordId);
        if (known?.Version >= admission.Version)
            return this;
        // Not recorded: what was over before the episode, and what was never an emergency admission in any version.
        if (known is null && (admission.End < ProposedAt || (admission.Cancelled && admission.Version <= 1)))
            return this;
        return (this with { Admissions = [.. Admissions.Where(a => a != known), admission] }).Advance(definition, now);
    }

    /// <summary>Records each clock that has run out and is not recorded as breached yet.</summary>
    public Episode RecordBreaches(PathwayDefinition definition, DateTimeOffset now)
    {
        var next = Advance(definition, now);
        var found = next.Clocks!.Where(c => c.StoppedAt is null && c.BreachedAt is null && c.DueAt <= now)
            .Select(c => new Breach(c.Clock, c.Number, c.DueAt!.Value, now)).ToList();
        if (found.Count == 0)
            return next;
        next = next with { Breaches = [.. Breaches, .. found] };
        return found.Aggregate(next, (episode, breach) => episode.Publish(new ClockBreached(Ref, breach.Clock, breach.DueAt, now))).Advance(definition, now);
    }

    internal void RequireAllowed(PathwayDefinition definition, string act)
    {
        if (!IsOpen)
            throw new RuleViolation(CarePathwaysProblems.EpisodeEnded, $"The episode is {Status.ToString().ToLowerInvariant()}.");
        var stage = definition.Stage(Stage);
        if (!stage.Allows.Contains(act))
            throw new RuleViolation(CarePathwaysProblems.NotInThisStage, $"The stage is {stage.Id}, which allows: {string.Join(", ", stage.Allows)}.");
    }

    internal static void RequireNotAfterToday(DateOnly date, DateTimeOffset now)
    {
        if (date > LondonTime.DateOf(now))
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "The date is after today.");
    }

    internal void RequireNotBeforeProposal(DateOnly date)
    {
        if (date < LondonTime.DateOf(ProposedAt))
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "The date is before the episode was proposed.");
    }

    internal Episode AddHistory(string act, Actor by, string? why, DateTimeOffset now, string? from = null, string? to = null) =>
        this with { History = [.. History, new HistoryEntry(act, now, by, why, from, to)] };

    /// <summary>Adds an event, to be published with the save.</summary>
    internal Episode Publish<TEvent>(TEvent @event) where TEvent : IEvent => this with { Unpublished = [.. Unpublished, session => session.Publish(@event)] };

    /// <summary>Runs after every act: moves on while the stage's work is done, then computes the organisations and the clocks.</summary>
    internal Episode Advance(PathwayDefinition definition, DateTimeOffset now)
    {
        var next = this;
        while (next.Status == EpisodeStatus.Active && definition.Stage(next.Stage) is { Then: { } then } stage && stage.Work.All(next.HasDone))
            next = next.Move(then, now) with { Baton = next.Baton with { Role = definition.Stage(then).Role } };

        string[] organisations = [.. new[] { Practice, next.Baton.Organisation, Offer?.Organisation, Partner }
            .Concat(Team.Where(m => m.To is null).Select(m => m.Organisation)).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        if (IsOpen && !organisations.SequenceEqual(Organisations))
            next = next.Publish(new EpisodePartnersChanged(Ref, organisations, now));

        var clocks = ClockCalculation.Of(next, definition, now);
        return next with { Organisations = organisations, Clocks = clocks, DueAt = clocks.Where(c => c.StoppedAt is null).Min(c => c.DueAt) };
    }

    private static void RequireEligible(PathwayDefinition definition, string? kind)
    {
        if (kind is null)
            throw new RuleViolation(CarePathwaysProblems.OrganisationUnknown, CarePathwaysProblems.OrganisationUnknown.Explanation);
        if (!definition.PartnerKinds.Contains(kind))
            throw new RuleViolation(CarePathwaysProblems.OrganisationNotEligible, $"Partners are: {string.Join(", ", definition.PartnerKinds)}.");
    }

    private Episode JoinTeam(string organisation, string role, string? name, DateOnly from) =>
        Team.Any(m => m.Organisation == organisation && m.Role == role && m.Name == name && m.To is null) ? this
        : this with { Team = [.. Team, new TeamMember(organisation, role, name, from, null)] };

    private Episode End(PathwayDefinition definition, EpisodeStatus status, string outcome, DateOnly on, EndedByDeath? before, DateTimeOffset now)
    {
        var exit = status switch { EpisodeStatus.Declined => "declined", EpisodeStatus.Withdrawn => "withdrawn", _ => "closed" };
        return (this with { Status = status, EndedAt = now, Ending = new Ending(outcome, now, on, before), Offer = null })
            .Move(exit, now)
            .PublishPlan(now)
            .Publish(new EpisodeClosed(Ref, outcome, now))
            .Publish(new EpisodePartnersChanged(Ref, [], now))
            .Advance(definition, now);
    }

    /// <summary>The change of stage is part of the history entry of the act that caused it.</summary>
    private Episode Move(string to, DateTimeOffset now) =>
        (this with { Stage = to, History = [.. History.SkipLast(1), History[^1] with { FromStage = History[^1].FromStage ?? Stage, ToStage = to }] })
            .Publish(new StageChanged(Ref, Stage, to, now));

    private bool HasDone(Work work) => work.Act switch
    {
        Acts.Accept => Status == EpisodeStatus.Active,
        Acts.Assessment => Assessments.Any(a => !a.Corrected && (work.Kind is null || a.Kind == work.Kind)),
        Acts.KeyWorker => KeyWorker is not null,
        Acts.Meeting => Meetings.Any(m => m.Quorate),
        Acts.Plan => Plans.Count > 0,
        Acts.Review => Reviews.Count > 0,
        _ => false,
    };
}
