using System.Text.Json;
using IntegratedCare.CarePathways.Domain;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace IntegratedCare.CarePathways.Storage;

internal sealed class CarePathwaysDb(DbContextOptions<CarePathwaysDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "care_pathways";

    public DbSet<Episode> Episodes => Set<Episode>();

    public DbSet<ClockRow> Clocks => Set<ClockRow>();

    public DbSet<Organisation> Organisations => Set<Organisation>();

    public DbSet<PersonState> Persons => Set<PersonState>();

    /// <summary>Saves what the episodes have to tell in the same transaction as the episodes.</summary>
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        foreach (var entry in ChangeTracker.Entries<Episode>())
            entry.Entity.PublishTo(this);
        try
        {
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } unique)
        {
            throw unique.ConstraintName switch
            {
                // Two acts at once on one episode may first meet on its clocks.
                ClockMapping.Key => new RequestRefused(Problems.StaleVersion, Problems.StaleVersion.Explanation),
                EpisodeMapping.OneKeyWorker => new RuleViolation(CarePathwaysProblems.KeyWorkerElsewhere, CarePathwaysProblems.KeyWorkerElsewhere.Explanation),
                EpisodeMapping.OneOpen => new RuleViolation(CarePathwaysProblems.EpisodeAlreadyOpen, CarePathwaysProblems.EpisodeAlreadyOpen.Explanation),
                _ => e,
            };
        }
    }

    /// <summary>Loads episodes for an event or a clock, locked against callers' changes until the transaction ends.</summary>
    public async Task<List<Episode>> LockAsync(IReadOnlyCollection<Guid> episodes, CancellationToken ct)
    {
        var ids = episodes.ToArray();
        if (ids.Length == 0)
            return [];
        await Database.ExecuteSqlAsync($"SELECT FROM care_pathways.episode WHERE id = ANY({ids}) ORDER BY id FOR UPDATE", ct);
        return await Episodes.Include(e => e.ClockRows).Where(e => ids.Contains(e.Id)).OrderBy(e => e.Id).ToListAsync(ct);
    }
}

/// <summary>What the register says of an organisation.</summary>
internal sealed class Organisation
{
    public string Code { get; init; } = "";
    public string DisplayName { get; init; } = "";
    public string Kind { get; init; } = "";
    public long RegisterVersion { get; init; }
}

/// <summary>The last word heard on a person's death and place on the high-risk register.</summary>
internal sealed class PersonState
{
    public Guid PersonId { get; init; }
    public DateOnly? DiedOn { get; set; }
    public long DeathVersion { get; set; }
    public long HighRiskVersion { get; set; }
}

internal sealed class EpisodeMapping : IEntityTypeConfiguration<Episode>
{
    public const string OneOpen = "episode_one_open";
    public const string OneKeyWorker = "episode_one_key_worker";

    public void Configure(EntityTypeBuilder<Episode> builder)
    {
        builder.ToTable("episode");
        builder.Property(e => e.Status).HasConversion(v => JsonNamingPolicy.KebabCaseLower.ConvertName(v.ToString()), v => Enum.Parse<EpisodeStatus>(v, true)).HasColumnType("text");
        builder.Property(e => e.Document).IsDocument();
        builder.HasMany(e => e.ClockRows).WithOne().HasForeignKey(c => c.EpisodeId).OnDelete(DeleteBehavior.Cascade).HasConstraintName("clock_episode");
        builder.Navigation(e => e.ClockRows).HasField("_clocks").UsePropertyAccessMode(PropertyAccessMode.Field);
        builder.HasIndex(e => new { e.Pathway, e.PersonId }, OneOpen).IsUnique().HasFilter("status IN ('proposed', 'active')").HasDatabaseName(OneOpen);
        builder.HasIndex(e => e.PersonId, OneKeyWorker).IsUnique().HasFilter("has_key_worker").HasDatabaseName(OneKeyWorker);
        builder.HasIndex(e => e.PersonId, "episode_person").HasDatabaseName("episode_person");
        builder.HasIndex(e => new { e.Practice, e.Id }, "episode_practice").HasDatabaseName("episode_practice");
        builder.HasIndex(e => e.Organisations, "episode_organisations").HasMethod("gin").HasDatabaseName("episode_organisations");
    }
}

internal sealed class ClockMapping : IEntityTypeConfiguration<ClockRow>
{
    public const string Key = "clock_key";

    public void Configure(EntityTypeBuilder<ClockRow> builder)
    {
        builder.ToTable("clock");
        builder.HasKey(c => new { c.EpisodeId, c.Clock, c.Number }).HasName(Key);
        builder.Property(c => c.Number).ValueGeneratedNever();
        builder.HasIndex(c => new { c.DueAt, c.EpisodeId }, "clock_due").HasFilter("stopped_at IS NULL").HasDatabaseName("clock_due");
    }
}

internal sealed class OrganisationMapping : IEntityTypeConfiguration<Organisation>
{
    public void Configure(EntityTypeBuilder<Organisation> builder)
    {
        builder.ToTable("organisation");
        builder.HasKey(o => o.Code);
    }
}

internal sealed class PersonStateMapping : IEntityTypeConfiguration<PersonState>
{
    public void Configure(EntityTypeBuilder<PersonState> builder)
    {
        builder.ToTable("person");
        builder.HasKey(p => p.PersonId);
        builder.Property(p => p.PersonId).ValueGeneratedNever();
    }
}

/// <summary>On which episode an emergency admission is noted; written set-based.</summary>
internal sealed class NotedAdmission
{
    public string Source { get; init; } = "";
    public string RecordId { get; init; } = "";
    public Guid EpisodeId { get; init; }
}

internal sealed class NotedAdmissionMapping : IEntityTypeConfiguration<NotedAdmission>
{
    public void Configure(EntityTypeBuilder<NotedAdmission> builder)
    {
        builder.ToTable("admission");
        builder.HasKey(a => new { a.Source, a.RecordId, a.EpisodeId });
        builder.HasOne<Episode>().WithMany().HasForeignKey(a => a.EpisodeId).OnDelete(DeleteBehavior.Cascade).HasConstraintName("admission_episode");
        builder.HasIndex(a => a.EpisodeId, "admission_episode_id").HasDatabaseName("admission_episode_id");
    }
}

[DbContext(typeof(CarePathwaysDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;
