using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>By the operator's word an organisation plans for a system: it records any member's plan, and confirms funds.</summary>
internal sealed record PlanningRole(string System, string Organisation) : Document;
