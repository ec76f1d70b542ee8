using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace IntegratedCare.Population.Storage;

internal sealed class PopulationDb(DbContextOptions<PopulationDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "population";
}

[DbContext(typeof(PopulationDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;
