using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Contracts.Spend;

/// <summary>
/// The facts that spend is measured from, as Population last published them. Of each record that may carry money the highest
/// version is kept. A withdrawn record stays, without counting, so that an older version cannot come back. Text is compared by its bytes.
/// </summary>
internal static class SpendTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        // The area and the kind of care of a record: few combinations, repeated by millions of records. Rows are only added. Unknown
        // members are ''.
        ModuleTables.Table(schema, "cost_area")
            .With("id serial not null", "practice text not null", "locality text not null", "place text not null", "system text not null")
            .Key("id")
            .Index("cost_area_once", ["practice", "locality", "place", "system"], unique: true),
        ModuleTables.Table(schema, "cost_care")
            .With("id serial not null", "kind text not null", "admission_method text not null", "patient_class text not null", "provider text not null")
            .Key("id")
            .Index("cost_care_once", ["kind", "admission_method", "patient_class", "provider"], unique: true),

        // Pounds and pence. A weekly record's price and cost are by the week, from day to the day before until (null: goes on).
        ModuleTables.Table(schema, "cost_fact")
            .With("version bigint not null", "person_id uuid not null", "day date not null", "until date", "area_id integer not null",
                "care_id integer not null",
                "age smallint", "counts boolean not null", "weekly boolean not null", "price numeric(14,2)", "cost numeric(14,2)",
                "source text not null", "record_id text not null")
            .Key("source", "record_id")
            .Index("cost_fact_day", ["area_id", "day"], where: "counts and not weekly")
            .Index("cost_fact_weekly", ["area_id", "day"], where: "counts and weekly"),

        // Person-days registered, by practice and month. The elements are the five-year age bands 0-4 ... 85-89, 90+, and last those
        // whose band is not known.
        ModuleTables.Table(schema, "register_count")
            .With("practice text not null", "month date not null", "version bigint not null", "locality text", "place text", "system text",
                "person_days bigint[] not null")
            .Key("practice", "month")
            .Index("register_count_month", ["month"]),

        // A weekly service ends with its person, whether or not its council has reported it.
        ModuleTables.Table(schema, "death")
            .With("person_id uuid not null", "version bigint not null", "died_on date")
            .Key("person_id"),
    ];
}
