using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace IntegratedCare.Metrics.Storage;

internal sealed class MetricsDb(DbContextOptions<MetricsDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "metrics";
}

[DbContext(typeof(MetricsDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;
