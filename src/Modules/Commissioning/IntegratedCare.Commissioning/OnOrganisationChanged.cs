using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.Commissioning;

/// <summary>Keeps organisations' names and kinds: hosts and partners must be registered.</summary>
internal sealed class OnOrganisationChanged : KeepOrganisations<OrganisationChanged, CommissioningSession>;
