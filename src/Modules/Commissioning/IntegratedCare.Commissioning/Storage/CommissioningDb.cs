using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace IntegratedCare.Commissioning.Storage;

internal sealed class CommissioningDb(DbContextOptions<CommissioningDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "commissioning";
}

[DbContext(typeof(CommissioningDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;
