namespace IntegratedCare.Population.Organisations;

internal sealed record OrganisationView(string Code, string Name, string Kind, string? Parent, DateOnly? Opened, DateOnly? Closed, string? Successor)
{
    public static OrganisationView Of(Organisation o) => new(o.Code, o.Name, o.Kind, o.Parent, o.Opened, o.Closed, o.Successor);
}
