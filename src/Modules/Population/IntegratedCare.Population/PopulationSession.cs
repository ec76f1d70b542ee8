using IntegratedCare.Population.Domain;
using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Migrations;

namespace IntegratedCare.Population.Storage;

internal sealed class PopulationDb(DbContextOptions<PopulationDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "population";

    public DbSet<Organisation> Organisations => Set<Organisation>();
    public DbSet<Place> Places => Set<Place>();
}

internal sealed class OrganisationMapping : IEntityTypeConfiguration<Organisation>
{
    public void Configure(EntityTypeBuilder<Organisation> builder)
    {
        builder.ToTable("organisation");
        builder.HasIndex(o => o.Code).IsUnique();
        builder.Property(o => o.Details).IsDocument();
    }
}

internal sealed class PlaceMapping : IEntityTypeConfiguration<Place>
{
    public void Configure(EntityTypeBuilder<Place> builder)
    {
        builder.ToTable("place");
        builder.HasIndex(p => p.Code).IsUnique();
        builder.Property(p => p.Details).IsDocument();
    }
}

[DbContext(typeof(PopulationDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;

[DbContext(typeof(PopulationDb)), Migration("0002_risk")]
internal sealed class Risk : SqlMigration;

[DbContext(typeof(PopulationDb)), Migration("0003_episode_partners")]
internal sealed class EpisodePartners : SqlMigration;
