using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.Contracts;

/// <summary>Keeps organisations' names and kinds: parties must be registered.</summary>
internal sealed class OnOrganisationChanged : KeepOrganisations<OrganisationChanged, ContractsSession>;
