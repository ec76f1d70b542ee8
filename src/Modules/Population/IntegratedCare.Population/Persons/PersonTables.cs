using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Population.Persons;

/// <summary>
/// Persons are rows and not documents: millions of them are loaded by COPY, joined when care is attributed, and scored by one statement.
/// </summary>
internal static class PersonTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        // nhs_number is the ten digits as a number: half the size of text, and the key of joins.
        ModuleTables.Table(schema, "person")
            .With("id uuid not null", "nhs_number bigint not null", "family_name text not null", "given_name text not null", "birth_date date not null",
                "sex text not null", "ethnic_category text", "lsoa text", "imd_score double precision", "imd_decile smallint", "practice text not null",
                "registered_from date not null", "death_date date", "version bigint not null default 1", "xid xid8 not null default pg_current_xact_id()")
            .Key("id")
            .Index("person_nhs_number", ["nhs_number"], unique: true)
            .Index("person_practice", ["practice"]),

        // Registrations before the present one, which is in person; FormerRegistrations says how long each lasts.
        ModuleTables.Table(schema, "registration")
            .With("person_id uuid not null", "practice text not null", "from_date date not null", "to_date date not null")
            .Key("person_id", "from_date")
            .Index("registration_practice", ["practice"]),

        // Which organisations take part in which open episode, from Care Pathways: a relationship to the person.
        ModuleTables.Table(schema, "episode_partner")
            .With("episode_id uuid not null", "organisation text not null", "person_id uuid not null")
            .Key("episode_id", "organisation")
            .Index("episode_partner_person", ["person_id", "organisation"]),

        // Who has declared that it needs a person's record in an emergency, and why; the person's practice reads it.
        ModuleTables.Table(schema, "emergency_access")
            .With("id uuid not null", "person_id uuid not null", "organisation text not null", "acting_user text not null", "reason text not null",
                "declared_at timestamptz not null", "ends_at timestamptz not null")
            .Key("id")
            .Index("emergency_access_person", ["person_id", "organisation"]),
    ];
}
