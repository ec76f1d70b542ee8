using Weasel.Postgresql.Tables;

namespace IntegratedCare.Shared.Documents;

/// <summary>The tables that every module's schema has of its own.</summary>
internal static class SharedTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        Outbox(schema),

        // Events committed but not yet in the order of delivery.
        ModuleTables.Table(schema, "outbox_pending")
            .With("seq bigint not null", "written_on date not null", "name text not null", "size int not null", "occurred_at timestamptz not null"),

        // The order of delivery: what a reaction's position counts in.
        ModuleTables.Table(schema, "outbox_log")
            .With("position bigserial not null", "seq bigint not null", "written_on date not null", "name text not null", "size int not null",
                "occurred_at timestamptz not null")
            .Key("position")
            .Index("outbox_log_name", ["name", "position"]),

        // Each reaction's position in its producer's outbox, and the host that serves it.
        ModuleTables.Table(schema, "subscription")
            .With("handler text not null", "producer text not null", "position bigint not null default 0", "owner uuid", "fence bigint not null default 0",
                "leased_until timestamptz")
            .Key("handler"),

        // Deliveries that failed, or wait behind one that failed: one row per event and reaction of this module.
        ModuleTables.Table(schema, "delivery_retry")
            .With("id uuid not null", "position bigint not null", "event_id uuid not null", "handler text not null", "producer text not null",
                "name text not null",
                "key text", "payload text not null", "occurred_at timestamptz not null", "trace text", "attempts int not null",
                "next_attempt_at timestamptz not null", "parked_at timestamptz", "error text")
            .Key("id")
            .Index("delivery_retry_key", ["handler", "key", "position"]),

        ModuleTables.Table(schema, "idempotency")
            .With("client_id text not null", "key text not null", "request_hash bytea not null", "status int not null", "headers text not null",
                "body bytea not null", "created_at timestamptz not null default now()")
            .Key("client_id", "key")
            .Index("idempotency_created_at", ["created_at"]),

        // Who read which person's data, for what.
        ModuleTables.Table(schema, "audit")
            .With("id uuid not null", "at timestamptz not null", "client_id text not null", "organisation text not null", "kind text not null",
                "purpose text not null", "acting_user text", "operation text not null", "persons uuid[] not null", "result_count int not null",
                "request_id text not null")
            .Key("id")
            .Index("audit_persons", ["persons"], method: "gin")
            .Index("audit_at", ["at"]),
    ];

    /// <summary>Events as they were published, by day; seq follows the order of saves of one aggregate.</summary>
    private static Table Outbox(string schema)
    {
        var outbox = ModuleTables.Table(schema, "outbox")
            .With("seq bigserial not null", "written_on date not null default (now() AT TIME ZONE 'utc'::text)::date", "event_id uuid not null",
                "name text not null", "key text",
                "payload text not null", "size int not null", "occurred_at timestamptz not null", "trace text")
            .Key("seq", "written_on");
        outbox.PartitionByRange("written_on");
        outbox.IgnorePartitionsInMigration = true;
        return outbox;
    }
}
