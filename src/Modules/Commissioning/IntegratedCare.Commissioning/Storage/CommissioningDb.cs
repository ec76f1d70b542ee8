using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Migrations;

namespace IntegratedCare.Commissioning.Storage;

internal sealed class CommissioningDb(DbContextOptions<CommissioningDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "commissioning";

    public DbSet<Fund> Funds => Set<Fund>();
    public DbSet<Journal> Journals => Set<Journal>();
    public DbSet<Entry> Entries => Set<Entry>();
    public DbSet<OrganisationPlan> Plans => Set<OrganisationPlan>();
    public DbSet<UnpostedSettlement> UnpostedSettlements => Set<UnpostedSettlement>();
    public DbSet<KnownOrganisation> Organisations => Set<KnownOrganisation>();

    /// <summary>Runs in the request's transaction, or in one of its own. Save within it; it commits.</summary>
    public async Task InTransactionAsync(Func<Task> work, CancellationToken ct)
    {
        await using var own = Database.CurrentTransaction is null ? await Database.BeginTransactionAsync(ct) : null;
        await work();
        if (own is not null)
            await CommitAsync(own);
    }

    /// <summary>Until the transaction ends, nobody else creates this fund or looks for it in vain.</summary>
    public Task LockFundCodeAsync(string code, CancellationToken ct) =>
        Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"commissioning.fund|" + code}, 0))", ct);

    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(IEnumerable<string> codes, CancellationToken ct)
    {
        var wanted = codes.Distinct().ToArray();
        return await Organisations.Where(o => wanted.Contains(o.Code)).ToDictionaryAsync(o => o.Code, o => o.DisplayName, ct);
    }
}

/// <summary>What a caller may know of: the funds its organisation hosts or takes part in. The operator, for operations, sees all.</summary>
internal static class Visible
{
    public static bool SeesAll(AccessContext access) => access is { Kind: OrganisationKinds.SystemOperator, Purpose: Purposes.Operations };

    public static IQueryable<Fund> To(this IQueryable<Fund> rows, AccessContext access)
    {
        var organisation = access.Organisation;
        return SeesAll(access) ? rows : rows.Where(f => f.Partners.Contains(organisation));
    }

    public static IQueryable<UnpostedSettlement> To(this IQueryable<UnpostedSettlement> rows, AccessContext access)
    {
        var organisation = access.Organisation;
        return SeesAll(access) ? rows : rows.Where(f => f.Parties.Contains(organisation));
    }
}

/// <summary>An organisation as Population last described it.</summary>
internal sealed class KnownOrganisation
{
    public string Code { get; init; } = "";
    public string DisplayName { get; init; } = "";
    public string Kind { get; init; } = "";
    public DateOnly? Closed { get; init; }
    public long Version { get; init; }
}

internal sealed class FundMapping : IEntityTypeConfiguration<Fund>
{
    public void Configure(EntityTypeBuilder<Fund> builder)
    {
        builder.ToTable("fund");
        builder.Property(f => f.Document).IsDocument();
        builder.HasIndex(f => f.Code).IsUnique().HasDatabaseName("fund_code");
    }
}

internal sealed class JournalMapping : IEntityTypeConfiguration<Journal>
{
    public void Configure(EntityTypeBuilder<Journal> builder)
    {
        builder.ToTable("journal");
        builder.Property(j => j.Id).ValueGeneratedNever();
        builder.Property(j => j.Seq).UseIdentityAlwaysColumn();
        builder.Property<ulong>("Xid").HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
        builder.Ignore(j => j.Amount);
        builder.HasIndex(j => new { j.FundId, j.Kind, j.Reference }).IsUnique().HasDatabaseName("journal_once");
        builder.HasMany(j => j.Entries).WithOne().HasForeignKey(e => e.JournalId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class EntryMapping : IEntityTypeConfiguration<Entry>
{
    public void Configure(EntityTypeBuilder<Entry> builder)
    {
        builder.ToTable("entry");
        builder.HasKey(e => new { e.JournalId, e.Line });
        builder.Property(e => e.Line).ValueGeneratedNever();
        builder.Property(e => e.Amount).HasColumnType("numeric(18,2)");
    }
}

internal sealed class OrganisationPlanMapping : IEntityTypeConfiguration<OrganisationPlan>
{
    public void Configure(EntityTypeBuilder<OrganisationPlan> builder)
    {
        builder.ToTable("organisation_plan");
        builder.Property(p => p.Document).IsDocument();
        builder.HasIndex(p => new { p.System, p.Year, p.Organisation }).IsUnique().HasDatabaseName("organisation_plan_once");
    }
}

internal sealed class UnpostedSettlementMapping : IEntityTypeConfiguration<UnpostedSettlement>
{
    public void Configure(EntityTypeBuilder<UnpostedSettlement> builder)
    {
        builder.ToTable("unposted_settlement");
        builder.HasKey(u => u.SettlementId);
        builder.Property(u => u.SettlementId).ValueGeneratedNever();
        builder.Property(u => u.Document).IsDocument();
    }
}

internal sealed class KnownOrganisationMapping : IEntityTypeConfiguration<KnownOrganisation>
{
    public void Configure(EntityTypeBuilder<KnownOrganisation> builder)
    {
        builder.ToTable("organisation");
        builder.HasKey(o => o.Code);
    }
}

[DbContext(typeof(CommissioningDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;
