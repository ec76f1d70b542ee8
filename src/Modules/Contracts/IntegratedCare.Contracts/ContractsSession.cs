using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Domain.Payments;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Migrations;

namespace IntegratedCare.Contracts.Storage;

internal sealed class ContractsDb(DbContextOptions<ContractsDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "contracts";

    public DbSet<Agreement> Agreements => Set<Agreement>();
    public DbSet<RiskShare> RiskShares => Set<RiskShare>();
    public DbSet<Settlement> Settlements => Set<Settlement>();
    public DbSet<PaymentScheme> PaymentSchemes => Set<PaymentScheme>();
    public DbSet<Payment> Payments => Set<Payment>();
    public DbSet<KnownOrganisation> Organisations => Set<KnownOrganisation>();
    public DbSet<KnownValue> PublishedValues => Set<KnownValue>();
}

/// <summary>What a caller may know of: what its organisation is a party to. The operator, for operations, sees all.</summary>
internal static class Visible
{
    public static bool SeesAll(AccessContext access) => access is { Kind: OrganisationKinds.SystemOperator, Purpose: Purposes.Operations };

    public static IQueryable<Agreement> To(this IQueryable<Agreement> rows, AccessContext access)
    {
        var organisation = access.Organisation;
        return SeesAll(access) ? rows : rows.Where(a => a.Parties.Contains(organisation));
    }

    public static IQueryable<RiskShare> To(this IQueryable<RiskShare> rows, AccessContext access)
    {
        var organisation = access.Organisation;
        return SeesAll(access) ? rows : rows.Where(a => a.Parties.Contains(organisation));
    }

    public static IQueryable<PaymentScheme> To(this IQueryable<PaymentScheme> rows, AccessContext access)
    {
        var organisation = access.Organisation;
        return SeesAll(access) ? rows : rows.Where(a => a.Parties.Contains(organisation));
    }

    public static IQueryable<Payment> To(this IQueryable<Payment> rows, AccessContext access)
    {
        var organisation = access.Organisation;
        return SeesAll(access) ? rows : rows.Where(a => a.Parties.Contains(organisation));
    }

    public static IQueryable<Settlement> To(this IQueryable<Settlement> rows, AccessContext access)
    {
        var organisation = access.Organisation;
        return SeesAll(access) ? rows : rows.Where(a => a.Parties.Contains(organisation));
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

/// <summary>The highest version of a published value that has reached this module, unsuppressed.</summary>
internal sealed class KnownValue
{
    public string Metric { get; init; } = "";
    public string AreaKind { get; init; } = "";
    public string Area { get; init; } = "";
    public string Period { get; init; } = "";
    public Guid ValueId { get; init; }
    public int DefinitionVersion { get; init; }
    public int Version { get; init; }
    public double Numerator { get; init; }
    public string Status { get; init; } = "";
    public DateTimeOffset KnownAt { get; init; }
}

internal sealed class AgreementMapping : IEntityTypeConfiguration<Agreement>
{
    public void Configure(EntityTypeBuilder<Agreement> builder)
    {
        builder.ToTable("agreement");
        builder.Property(a => a.Document).IsDocument();
        // Read from the document: no tables of their own.
        builder.Ignore(a => a.Versions);
        builder.Ignore(a => a.Leavers);
    }
}

internal sealed class RiskShareMapping : IEntityTypeConfiguration<RiskShare>
{
    public void Configure(EntityTypeBuilder<RiskShare> builder)
    {
        builder.ToTable("risk_share");
        builder.Property(a => a.Document).IsDocument();
    }
}

internal sealed class SettlementMapping : IEntityTypeConfiguration<Settlement>
{
    public void Configure(EntityTypeBuilder<Settlement> builder)
    {
        builder.ToTable("settlement");
        builder.Property(a => a.Document).IsDocument();
        builder.HasIndex(s => new { s.RiskShareId, s.Period, s.Number }).IsUnique().HasDatabaseName("settlement_period_number");
    }
}

internal sealed class PaymentSchemeMapping : IEntityTypeConfiguration<PaymentScheme>
{
    public void Configure(EntityTypeBuilder<PaymentScheme> builder)
    {
        builder.ToTable("payment_terms");
        builder.Property(a => a.Document).IsDocument();
        builder.Ignore(a => a.Awaiting);
    }
}

internal sealed class PaymentMapping : IEntityTypeConfiguration<Payment>
{
    public void Configure(EntityTypeBuilder<Payment> builder)
    {
        builder.ToTable("payment");
        builder.Property(a => a.Document).IsDocument();
        builder.HasIndex(p => new { p.PaymentTermsId, p.Period, p.Number }).IsUnique().HasDatabaseName("payment_period_number");
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

internal sealed class KnownValueMapping : IEntityTypeConfiguration<KnownValue>
{
    public void Configure(EntityTypeBuilder<KnownValue> builder)
    {
        builder.ToTable("published_value");
        builder.HasKey(v => new { v.Metric, v.AreaKind, v.Area, v.Period });
    }
}

[DbContext(typeof(ContractsDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;

[DbContext(typeof(ContractsDb)), Migration("0002_agreement_life")]
internal sealed class AgreementLife : SqlMigration;

[DbContext(typeof(ContractsDb)), Migration("0003_costs")]
internal sealed class Costs : SqlMigration;

[DbContext(typeof(ContractsDb)), Migration("0004_payments")]
internal sealed class PaymentTables : SqlMigration;
