using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Organisations;

/// <summary>An organisation to register or amend, with all members.</summary>
internal sealed record OrganisationRequest(
    string? Code, string? Name, string? Kind, string? Parent = null, DateOnly? Opened = null, DateOnly? Closed = null, string? Successor = null)
{
    public Organisation ToOrganisation() => new(Code!, Kind!, Name!, Parent, Opened, Closed, Successor);

    public Organisation Amend(Organisation organisation) => organisation with
    {
        Kind = Kind!,
        Name = Name!,
        Parent = Parent,
        Opened = Opened,
        Closed = Closed,
        Successor = Successor,
    };

    internal sealed class Rules : RequestRules<OrganisationRequest>
    {
        public Rules()
        {
            RuleFor(r => r.Code).NotEmpty().Must(c => c is null || Codes.IsOrganisation(c)).WithMessage("An ODS code: 3 to 9 digits and capitals.");
            RuleFor(r => r.Name).Line(200);
            RuleFor(r => r.Kind).NotEmpty().Must(k => k is null || OrganisationKinds.All.Contains(k))
                .WithMessage($"One of: {string.Join(", ", OrganisationKinds.All)}.");
            RuleFor(r => r.Parent).Must(c => c is null || Codes.IsOrganisation(c)).WithMessage("An ODS code.");
            RuleFor(r => r.Successor).Must(c => c is null || Codes.IsOrganisation(c)).WithMessage("An ODS code.");
            RuleFor(r => r.Closed).Must((r, closed) => closed is null || r.Opened is null || closed >= r.Opened).WithMessage("Not before opened.");
        }
    }
}
