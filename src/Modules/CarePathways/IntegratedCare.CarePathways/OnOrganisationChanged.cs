using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.CarePathways;

/// <summary>Keeps organisations' names and kinds: partners, holders and teams must be registered.</summary>
internal sealed class OnOrganisationChanged : KeepOrganisations<OrganisationChanged, CarePathwaysSession>;
