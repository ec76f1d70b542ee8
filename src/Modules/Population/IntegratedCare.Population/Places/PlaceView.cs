namespace IntegratedCare.Population.Places;

internal sealed record PlaceView(string Code, string Name, string Level, string? Parent, IReadOnlyList<PracticeInPlace> Practices)
{
    public static PlaceView Of(Place p) => new(p.Code, p.Name, p.Level, p.Parent, [.. p.Practices.Select(m => new PracticeInPlace(m.Practice, m.From, m.To))]);

    public bool HasSameContentAs(PlaceRequest r) => (Code, Name, Level, Parent) == (r.Code, r.Name, r.Level, r.Parent)
        && Practices.SequenceEqual(r.Memberships().Select(m => new PracticeInPlace(m.Practice, m.From, m.To)));
}
