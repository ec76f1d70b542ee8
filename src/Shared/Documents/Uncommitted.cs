namespace IntegratedCare.Shared.Documents;

/// <summary>
/// The saves that an open transaction has written. If it is rolled back, the versions they gave are nobody's, also in copies and in what
/// the transaction itself has read: without that, one of them could be the version of another's later save.
/// </summary>
internal sealed class Uncommitted
{
    private readonly List<Document.Save> _saves = [];
    private readonly HashSet<Guid> _written = [];

    public void Written(IEnumerable<Document> documents)
    {
        foreach (var document in documents)
        {
            _written.Add(document.Id);
            _saves.Add(document.VersionSave!);
        }
    }

    public T? Read<T>(T? document) where T : Document
    {
        if (document is not null && _written.Contains(document.Id))
            _saves.Add(document.VersionSave!);
        return document;
    }

    public IReadOnlyList<T> Read<T>(IReadOnlyList<T> documents) where T : Document
    {
        foreach (var document in documents)
            Read(document);
        return documents;
    }

    public void Commit()
    {
        _saves.Clear();
        _written.Clear();
    }

    public void RollBack()
    {
        _saves.ForEach(s => s.RolledBack = true);
        Commit();
    }
}
