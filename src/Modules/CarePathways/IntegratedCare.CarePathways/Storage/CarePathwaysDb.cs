using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace IntegratedCare.CarePathways.Storage;

internal sealed class CarePathwaysDb(DbContextOptions<CarePathwaysDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "care_pathways";
}

[DbContext(typeof(CarePathwaysDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;
