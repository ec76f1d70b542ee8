using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Population.Intake;

/// <summary>Every version of every record as it was posted.</summary>
internal static class EventTables
{
    public static IEnumerable<Table> Of(string schema)
    {
        // data is as it came: only records are searched by what is in it, and taking it apart is left to what makes them.
        // By month of receipt: EventPartitions makes the partitions; the default one takes what falls outside.
        var events = ModuleTables.Table(schema, "event")
            .With("seq bigint not null", "key uuid not null", "received_at timestamptz not null", "client_id text not null", "sender text",
                "source text not null",
                "kind text not null", "record_id text not null", "record_version bigint not null", "cancelled boolean not null",
                "nhs_number bigint not null", "started timestamptz", "ended timestamptz", "provider text", "price numeric(14,2)", "cost numeric(14,2)",
                "data json", "payload text not null")
            .Index("event_seq", ["seq"]);
        events.PartitionByRange("received_at");
        events.IgnorePartitionsInMigration = true;
        return
        [
            // key is a hash of CloudEvents source and id: what makes a repeat harmless. version_key is one of source, record and version, with the
            // event that first brought it: what makes a version mean one thing.
            ModuleTables.Table(schema, "event_key").With("key uuid not null", "seq bigserial not null", "version_key uuid").Key("key")
                .Index("event_key_version", ["version_key"], unique: true, where: "version_key IS NOT NULL"),
            events,
        ];
    }
}
