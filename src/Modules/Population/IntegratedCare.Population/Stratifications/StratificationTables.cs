using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Population.Stratifications;

/// <summary>The scores of each run, and the changes of tier since the run before.</summary>
internal static class StratificationTables
{
    public static IEnumerable<Table> Of(string schema)
    {
        // One partition a run, filled on its own and then attached; no default one. rank and tier are those in the practice.
        var score = ModuleTables.Table(schema, "risk_score")
            .With("run_id uuid not null", "person_id uuid not null", "practice text not null", "age int not null", "sex text not null",
                "emergency_admissions int not null", "score double precision", "not_scorable text", "features text[] not null", "rank int", "tier text",
                "system_rank int", "system_tier text")
            .Key("run_id", "person_id");
        score.PartitionByList("run_id").DisableDefaultPartition();
        score.IgnorePartitionsInMigration = true;
        return
        [
            score,
            ModuleTables.Table(schema, "risk_change")
                .With("run_id uuid not null", "person_id uuid not null", "practice text not null", "age int not null", "sex text not null",
                    "direction text not null", "tier text", "previous_tier text", "score double precision", "previous_score double precision",
                    "features text[] not null", "gained text[] not null", "lost text[] not null")
                .Key("run_id", "person_id")
                .Index("risk_change_practice", ["run_id", "practice", "person_id"]),
        ];
    }
}
