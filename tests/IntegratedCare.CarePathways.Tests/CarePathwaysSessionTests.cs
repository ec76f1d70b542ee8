using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Persons;
using IntegratedCare.Shared.Documents;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.CarePathways.Tests;

public class CarePathwaysSessionTests(ProgrammeApp app) : IClassFixture<ProgrammeApp>
{
    [Fact]
    public async Task Of_two_who_change_an_episode_at_once_the_later_is_stale_though_both_start_the_same_clock()
    {
        var id = await app.ProposedAsync();
        await using var first = Open();
        await using var second = Open();
        var earlier = Accept(await first.FindAsync<Episode>(id, default));
        var later = Accept(await second.FindAsync<Episode>(id, default));

        await first.WriteAsync([earlier], default);
        var waiting = second.SaveAsync(later, default);
        await Task.Delay(100);
        waiting.IsCompleted.ShouldBeFalse();
        await first.SaveChangesAsync();

        await Should.ThrowAsync<JasperFx.ConcurrencyException>(waiting);
        (await app.ScalarAsync<long>("SELECT count(*) FROM care_pathways.clock WHERE episode_id = $1", id)).ShouldBe(1);
        (await app.ScalarAsync<long>("SELECT mt_version::bigint FROM care_pathways.mt_doc_episode WHERE id = $1", id)).ShouldBe(2);
    }

    [Fact]
    public async Task A_run_that_locks_a_person_sees_what_the_run_before_it_wrote()
    {
        var person = Guid.CreateVersion7();
        await using var first = Open();
        await using var second = Open();

        var state = (await first.LockPersonsAsync([person], default))[person];
        var waiting = second.LockPersonsAsync([person], default);
        await Task.Delay(100);
        waiting.IsCompleted.ShouldBeFalse();
        await first.WritePersonsAsync([state with { DiedOn = new DateOnly(2026, 1, 2), DeathVersion = 1 }], default);
        await first.SaveChangesAsync();

        (await waiting)[person].ShouldBe(new PersonState(person, new DateOnly(2026, 1, 2), 1, 0));
    }

    private CarePathwaysSession Open() => app.Services.GetRequiredService<ModuleSessions<CarePathwaysSession>>().Open();

    private Episode Accept(Episode? episode) => episode!.Accept(
        app.Services.GetRequiredService<PathwayCatalogue>().Of(episode), EpisodeSteps.Gp, null, null, null, app.Clock.GetUtcNow());
}
