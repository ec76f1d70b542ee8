using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Population.Records;

/// <summary>The current version of each care record, attributed. person_id is null while the person is not registered: the record waits.</summary>
internal static class RecordTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        ModuleTables.Table(schema, "record")
            .With("source text not null", "record_id text not null", "record_version bigint not null", "fact_version bigint not null",
                "event_seq bigint not null", "sender text", "received_at timestamptz not null", "kind text not null", "cancelled boolean not null",
                "nhs_number bigint not null", "person_id uuid",
                "started timestamptz", "ended timestamptz", "day date", "provider text", "price numeric(14,2)", "cost numeric(14,2)", "data jsonb",
                "practice text", "locality text", "place text", "system text", "age int", "sex text", "imd_decile smallint")
            .Key("source", "record_id")
            .Index("record_person", ["person_id", "started desc"], where: "person_id IS NOT NULL")
            .Index("record_waiting", ["nhs_number"], where: "person_id IS NULL")
            .Index("record_death", ["source", "record_id"], where: "kind = 'death-recorded' AND person_id IS NOT NULL AND NOT cancelled"),
    ];
}
