using IntegratedCare.EmbeddedPostgres;
using IntegratedCare.Shared.Outbox;
using Npgsql;

namespace IntegratedCare.Host.Platform;

/// <summary>The PostgreSQL that this host uses: the one named in <c>ConnectionStrings:Default</c>, or an embedded one.</summary>
internal sealed class Database(IConfiguration configuration, IHostEnvironment environment, HostInstance host, ILogger<Database> log) : IAsyncDisposable
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
        // Or a setting that was forgotten would start a database of its own, with nothing in it.
        if (!environment.IsDevelopment() && string.IsNullOrEmpty(section["DataRoot"]))
            throw new NoPostgresException("Production needs its database: set ConnectionStrings:Default, or Postgres:DataRoot to keep one of this host's own there.");
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
        // ContainsKey is true for every keyword; ShouldSerialize only for those that were set.
        if (!settings.ShouldSerialize("Max Auto Prepare"))
            settings.MaxAutoPrepare = 200;
        if (!settings.ShouldSerialize("Maximum Pool Size"))
            settings.MaxPoolSize = 60;
        // unnest of large arrays gets high cost estimates, and JIT compilation then takes longer than running the plan.
        if (settings.Options?.Contains("jit", StringComparison.Ordinal) != true)
            settings.Options = $"{settings.Options} -c jit=off".TrimStart();
        settings.ApplicationName = host.ApplicationName;
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
