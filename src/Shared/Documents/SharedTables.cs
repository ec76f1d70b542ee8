using Weasel.Postgresql.Tables;

namespace IntegratedCare.Shared.Documents;

/// <summary>The tables that every module's schema has of its own.</summary>
internal static class SharedTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        // Events not yet handed to anybody. seq follows the order of saves of one aggregate; xid says when it is safe to read.
        ModuleTables.Table(schema, "outbox")
            .With("seq bigserial not null", "xid xid8 not null default pg_current_xact_id()", "event_id uuid not null", "name text not null", "key text",
                "payload text not null", "size int not null", "occurred_at timestamptz not null", "trace text")
            .Key("seq"),

        // Deliveries that failed, or wait behind one that failed: one row per event and handler.
        ModuleTables.Table(schema, "outbox_retry")
            .With("id uuid not null", "seq bigint not null", "event_id uuid not null", "handler text not null", "name text not null", "key text",
                "payload text not null", "occurred_at timestamptz not null", "trace text", "attempts int not null", "next_attempt_at timestamptz not null",
                "parked_at timestamptz", "error text")
            .Key("id")
            .Index("outbox_retry_once", ["event_id", "handler"], unique: true)
            .Index("outbox_retry_key", ["handler", "key", "seq"]),

        // What this module has applied: committed together with its effects.
        ModuleTables.Table(schema, "inbox")
            .With("event_id uuid not null", "handler text not null", "applied_at timestamptz not null default now()")
            .Key("event_id", "handler")
            .Index("inbox_applied_at", ["applied_at"]),

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
}
