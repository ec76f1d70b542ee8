using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Benchmarks;

/// <summary>
/// What the product is measured against: the least that keeps the same bytes safely. One row per request by one Npgsql
/// command for single posts; raw binary COPY for batches and loads.
/// </summary>
internal static class Floor
{
    private const string EventColumns =
        "seq, key, received_at, client_id, source, kind, record_id, record_version, cancelled, nhs_number, started, ended, ready, provider, admission_method, "
        + "admission_source, patient_class, destination, diagnoses, procedures, service_kind, permanent, condition_code, register, price, cost, payload";

    private const string PersonColumns =
        "id, nhs_number, family_name, given_name, birth_date, sex, ethnic_category, lsoa, imd_score, imd_decile, practice, registered_from";

    /// <summary>The bare endpoint, in a process of its own.</summary>
    public static async Task<int> ServeAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        var connection = Environment.GetEnvironmentVariable("ConnectionStrings__Default");
        var settings = new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 40, MaxAutoPrepare = 200 };
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        var clock = TimeProvider.System;
        app.Run(async http =>
        {
            if (HttpMethods.IsGet(http.Request.Method))
                return;
            var body = new byte[(int)http.Request.ContentLength!];
            await http.Request.Body.ReadExactlyAsync(body, http.RequestAborted);
            await using var insert = source.CreateCommand("INSERT INTO floor.row (key, received_at, payload) VALUES ($1, $2, $3)");
            insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() });
            insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() });
            insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = body });
            await insert.ExecuteNonQueryAsync(http.RequestAborted);
            http.Response.StatusCode = StatusCodes.Status202Accepted;
        });
        await app.RunAsync(url);
        return 0;
    }

    /// <summary>
    /// Empty tables with a column for each member of a spell and the indexes of <c>population.event</c>, and those of <c>population.person</c>, written
    /// out, so that every build has the same floor.
    /// </summary>
    public static async Task CreateTablesAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var create = source.CreateCommand(
            """
            CREATE SCHEMA IF NOT EXISTS floor;
            DROP TABLE IF EXISTS floor.row, floor.event, floor.person;
            CREATE TABLE floor.row (key uuid PRIMARY KEY, received_at timestamptz NOT NULL, payload bytea NOT NULL);
            CREATE TABLE floor.event (
              seq bigint NOT NULL, key uuid NOT NULL, received_at timestamptz NOT NULL, client_id text NOT NULL, source text NOT NULL, kind text NOT NULL,
              record_id text NOT NULL, record_version bigint NOT NULL, cancelled boolean NOT NULL, nhs_number bigint NOT NULL,
              started timestamptz, ended timestamptz, ready timestamptz, provider text, admission_method text, admission_source text, patient_class text,
              destination text, diagnoses text, procedures text, service_kind text, permanent boolean, condition_code text, register text,
              price numeric(14,2), cost numeric(14,2), payload text NOT NULL);
            CREATE INDEX ON floor.event (seq);
            CREATE UNIQUE INDEX ON floor.event (key);
            CREATE TABLE floor.person (
              id uuid PRIMARY KEY, nhs_number bigint NOT NULL UNIQUE, family_name text NOT NULL, given_name text NOT NULL, birth_date date NOT NULL,
              sex text NOT NULL, ethnic_category text, lsoa text, imd_score double precision, imd_decile smallint, practice text NOT NULL,
              registered_from date NOT NULL, death_date date, version bigint NOT NULL DEFAULT 1, xid xid8 NOT NULL DEFAULT pg_current_xact_id());
            CREATE INDEX ON floor.person (practice);
            """);
        await create.ExecuteNonQueryAsync(ct);
    }

    public static async Task EmptyPersonsAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var empty = source.CreateCommand("TRUNCATE floor.person");
        await empty.ExecuteNonQueryAsync(ct);
    }

    public static void CopyEvents(NpgsqlDataSource source, IReadOnlyList<EventRow> rows)
    {
        using var connection = source.OpenConnection();
        using var copy = connection.BeginBinaryImport($"COPY floor.event ({EventColumns}) FROM STDIN (FORMAT binary)");
        foreach (var row in rows)
        {
            copy.StartRow();
            copy.Write(row.Seq, NpgsqlDbType.Bigint);
            copy.Write(row.Key, NpgsqlDbType.Uuid);
            copy.Write(row.ReceivedAt, NpgsqlDbType.TimestampTz);
            copy.Write("demo-vendor", NpgsqlDbType.Text);
            copy.Write(EventTemplate.Source, NpgsqlDbType.Text);
            copy.Write("inpatient-spell", NpgsqlDbType.Text);
            copy.Write(row.RecordId, NpgsqlDbType.Text);
            copy.Write(1L, NpgsqlDbType.Bigint);
            copy.Write(false, NpgsqlDbType.Boolean);
            copy.Write(row.NhsNumber, NpgsqlDbType.Bigint);
            copy.Write(row.Admitted, NpgsqlDbType.TimestampTz);
            copy.Write(row.Discharged, NpgsqlDbType.TimestampTz);
            copy.Write(row.Discharged, NpgsqlDbType.TimestampTz);
            copy.Write("RZ1", NpgsqlDbType.Text);
            copy.Write("21", NpgsqlDbType.Text);
            copy.Write("19", NpgsqlDbType.Text);
            copy.Write("1", NpgsqlDbType.Text);
            copy.Write("19", NpgsqlDbType.Text);
            copy.Write(EventTemplate.Diagnoses, NpgsqlDbType.Text);
            copy.Write(EventTemplate.Procedures, NpgsqlDbType.Text);
            copy.WriteNull();
            copy.WriteNull();
            copy.WriteNull();
            copy.WriteNull();
            copy.Write(EventTemplate.Price, NpgsqlDbType.Numeric);
            copy.Write(EventTemplate.Cost, NpgsqlDbType.Numeric);
            copy.Write(row.Payload, NpgsqlDbType.Text);
        }

        copy.Complete();
    }

    public static void CopyPersons(NpgsqlDataSource source, IReadOnlyList<InventedPerson> persons, Guid[] ids)
    {
        using var connection = source.OpenConnection();
        using var copy = connection.BeginBinaryImport($"COPY floor.person ({PersonColumns}) FROM STDIN (FORMAT binary)");
        for (var i = 0; i < persons.Count; i++)
        {
            var person = persons[i];
            copy.StartRow();
            copy.Write(ids[i], NpgsqlDbType.Uuid);
            copy.Write(person.NhsNumber, NpgsqlDbType.Bigint);
            copy.Write(person.FamilyName, NpgsqlDbType.Text);
            copy.Write(person.GivenName, NpgsqlDbType.Text);
            copy.Write(person.BirthDate, NpgsqlDbType.Date);
            copy.Write(person.Sex, NpgsqlDbType.Text);
            copy.Write("A", NpgsqlDbType.Text);
            copy.Write(person.Lsoa, NpgsqlDbType.Text);
            copy.Write(person.ImdScore, NpgsqlDbType.Double);
            copy.Write(person.ImdDecile, NpgsqlDbType.Smallint);
            copy.Write(person.Practice, NpgsqlDbType.Text);
            copy.Write(person.RegisteredFrom, NpgsqlDbType.Date);
        }

        copy.Complete();
    }
}
