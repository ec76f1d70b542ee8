using IntegratedCare.Shared.EmbeddedPostgres;
using Npgsql;

namespace IntegratedCare.Host.Platform;

/// <summary>The PostgreSQL this host works on: the one named in <c>ConnectionStrings:Default</c>, or an embedded one of its own.</summary>
internal sealed class Database(IConfiguration configuration, ILogger<Database> log) : IAsyncDisposable
{
    private const string Name = "integrated_care";
    private EmbeddedPostgresServer? _embedded;
    private string? _connectionString = configuration.GetConnectionString("Default");

    public string Description { get; private set; } = "PostgreSQL from ConnectionStrings:Default";

    public async Task OpenAsync(CancellationToken ct)
    {
        if (!string.IsNullOrWhiteSpace(_connectionString))
            return;
        var section = configuration.GetSection("Postgres");
        _embedded = await EmbeddedPostgresServer.StartAsync(new EmbeddedPostgresOptions
        {
            DataRoot = section["DataRoot"],
            Road = section["Road"] ?? "auto",
            Port = section.GetValue<int?>("Port"),
        }, log, ct);
        await _embedded.EnsureDatabaseAsync(Name, ct);
        _connectionString = _embedded.ConnectionString(Name);
        Description = _embedded.Description;
    }

    public NpgsqlDataSource CreateSource()
    {
        var settings = new NpgsqlConnectionStringBuilder(_connectionString ?? throw new InvalidOperationException("The database has not been opened."));
        if (!settings.ContainsKey("Max Auto Prepare"))
            settings.MaxAutoPrepare = 200;
        if (!settings.ContainsKey("Maximum Pool Size"))
            settings.MaxPoolSize = 40;
        settings.ApplicationName = "integrated-care";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString)
            .ConfigureTracing(tracing => tracing.EnableFirstResponseEvent(false))
            .Build();
    }

    public async ValueTask DisposeAsync()
    {
        if (_embedded is not null)
            await _embedded.DisposeAsync();
    }
}
