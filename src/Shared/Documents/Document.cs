using System.Text.Json.Serialization;

namespace IntegratedCare.Shared.Documents;

/// <summary>
/// An aggregate: a record with an identity and a version, kept whole as one document of its module's store. A verb returns the next
/// document (<c>this with { ... }</c>) and leaves the old one as it was.
/// </summary>
public abstract record Document
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>
    /// One after the first save and one more with each further save: the concurrency token and the strong ETag. 0 before. Only loading
    /// and saving set it: whoever could choose it could overwrite what another has saved.
    /// </summary>
    [JsonIgnore]
    public long Version
    {
        get;
        private set
        {
            field = value;
            VersionSave = new(Id);
        }
    }

    /// <summary>The save that gave it its version. Copies share it: what becomes of it becomes of the version of them all.</summary>
    internal Save? VersionSave { get; private set; }

    /// <summary>Whether the version is that of this document: a copy under another id takes it along, and a save may be rolled back.</summary>
    internal bool VersionIsItsOwn => Version > 0 && VersionSave is { RolledBack: false } save && save.Of == Id;

    /// <summary>A record, so that two loads of one version are equal.</summary>
    internal sealed record Save(Guid Of)
    {
        public bool RolledBack { get; set; }
    }
}
