using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntegratedCare.Population.Storage;

internal sealed class HighRiskEntryMapping : IEntityTypeConfiguration<HighRiskEntry>
{
    public void Configure(EntityTypeBuilder<HighRiskEntry> entry)
    {
        entry.ToTable("high_risk_entry");
        entry.Property(e => e.Seq).UseIdentityAlwaysColumn();
        entry.Property(e => e.Status).HasConversion(s => Naming.Snake(s.ToString()), s => Enum.Parse<HighRiskStatus>(s, true));
        entry.HasAlternateKey(e => e.Seq);
        entry.HasIndex(e => e.PersonId).HasDatabaseName("high_risk_entry_person");
        entry.HasIndex(e => new { e.Practice, e.Status, e.Seq }).HasDatabaseName("high_risk_entry_practice");
    }
}
