using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace IntegratedCare.Contracts.Storage;

internal sealed class ContractsDb(DbContextOptions<ContractsDb> options, ModuleDbServices services) : ModuleDbContext(options, services)
{
    public override string Schema => "contracts";
}

[DbContext(typeof(ContractsDb)), Migration("0001_initial")]
internal sealed class Initial : SqlMigration;
