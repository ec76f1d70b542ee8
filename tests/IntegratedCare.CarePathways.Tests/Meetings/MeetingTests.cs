using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Meetings;
using static IntegratedCare.CarePathways.Tests.EpisodeSteps;

namespace IntegratedCare.CarePathways.Tests.Meetings;

public class MeetingTests
{
    [Fact]
    public void The_agenda_names_who_is_new_due_breached_or_was_admitted()
    {
        var episode = Proposed();
        Reasons(episode, Day1).ShouldBeEmpty();
        episode = episode.Accept(Programme, Gp, null, null, null, Day1);
        Reasons(episode, Day1).ShouldBe([AgendaReason.New]);
        Reasons(episode, Day1.AddDays(1)).ShouldBe([AgendaReason.New, AgendaReason.Due]);
        Reasons(episode, Day1.AddDays(15)).ShouldBe([AgendaReason.New, AgendaReason.Breached]);

        episode = Assess(episode, "nursing", Day1);
        episode = Meet(episode, "gp", "community-nurse", "pharmacist");
        Reasons(episode, Day1.AddDays(15)).ShouldBeEmpty();

        episode = episode.RecordAdmission(Programme, new Admission("RZ1", "before", 1, false, Day1.AddDays(-1), null, "RZ1"), Day1.AddDays(3));
        episode = episode.RecordAdmission(Programme, new Admission("RZ1", "after", 1, false, Day1.AddDays(2), null, "RZ1"), Day1.AddDays(3));
        Reasons(episode, Day1.AddDays(3)).ShouldBe([AgendaReason.Admitted]);
        Agenda.AdmittedSince(episode).Select(a => a.RecordId).ShouldBe(["after"]);
    }

    [Theory]
    [InlineData("gp,community-nurse,pharmacist", 0)]
    [InlineData("gp,gp,gp", 2)]
    [InlineData("community-nurse,social-worker", 1)]
    [InlineData("receptionist", 3)]
    public void A_quorum_needs_every_discipline(string roles, int missing)
    {
        Quorum.Missing(Programme.Quorum, roles.Split(',')).Count.ShouldBe(missing);
    }

    private static IReadOnlyList<AgendaReason> Reasons(Episode episode, DateTimeOffset now) => Agenda.Reasons(episode, episode.Clocks!, now);
}
