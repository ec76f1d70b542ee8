using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Metrics.Facts;

/// <summary>The facts that metrics are computed from, as other modules last published them.</summary>
internal static class FactTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        // The highest version of each care record; cancelled ones are kept so that an older version cannot come back.
        // ordinary, emergency and acs are what the record counts for, decided when it arrives.
        ModuleTables.Table(schema, "fact")
            .With("source text not null", "record_id text not null", "version bigint not null", "cancelled boolean not null", "kind text not null",
                "person_id uuid not null", "start_at timestamptz not null", "end_at timestamptz", "day date not null", "end_day date",
                "practice text", "locality text", "place text", "system text", "age integer", "sex text", "imd_decile integer", "provider text",
                "price numeric", "cost numeric",
                "ordinary boolean not null", "emergency boolean not null", "acs boolean not null", "acs_condition text")
            .Key("source", "record_id")
            .Index("fact_admitted", ["day"], where: "ordinary AND NOT cancelled")
            // Written as Weasel reads it back: with a :: it would see a difference for ever.
            .Index("fact_discharged", ["COALESCE(end_day, CAST('infinity' as date))"], where: "ordinary AND NOT cancelled"),

        // Person-days registered, by practice and month; rows holds the breakdown by sex, age band and deprivation.
        ModuleTables.Table(schema, "register_count")
            .With("practice text not null", "month date not null", "version bigint not null", "locality text", "place text", "system text",
                "person_days bigint not null", "rows jsonb not null")
            .Key("practice", "month")
            .Index("register_count_month", ["month"]),

        // Every decision about a person and the high-risk register. On a date, the highest version effective by then holds.
        ModuleTables.Table(schema, "register_entry")
            .With("person_id uuid not null", "version bigint not null", "status text not null", "effective date not null", "practice text not null",
                "locality text", "system text")
            .Key("person_id", "version"),

        ModuleTables.Table(schema, "death")
            .With("person_id uuid not null", "version bigint not null", "died_on date")
            .Key("person_id"),

        // Every change of a care plan. On a date, the latest change effective by then holds.
        ModuleTables.Table(schema, "plan")
            .With("episode_id uuid not null", "at timestamptz not null", "plan_version integer not null", "person_id uuid not null",
                "anticipatory boolean not null", "current_from date not null", "ended_on date", "effective date not null")
            .Key("episode_id", "at", "plan_version"),
    ];
}
