namespace IntegratedCare.Shared.Documents;

/// <summary>
/// The saves that an open transaction has written. If it is rolled back, the versions they gave are nobody's, also in copies and in what
/// the transaction itself has read: without that, one of them could be the version of another's later save.
/// </summary>
internal sealed class Uncommitted
{
    private readonly List<Document.Save> _saves = [];
    private readonly HashSet<Guid> _written = [];

    /// <param name="sent">What may have been written.</param>
    /// <param name="raised">Those whose version says so.</param>
    public void Written(IEnumerable<Document> sent, IEnumerable<Document> raised)
    {
        _written.UnionWith(sent.Select(d => d.Id));
        _saves.AddRange(raised.Select(d => d.VersionSave!));
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
