using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Commissioning.ControlTotals;

/// <summary>An organisation's planned surplus for a year, as part of its system's control total; a deficit is negative.</summary>
internal sealed record OrganisationPlan(string System, string Organisation, string Year, PlanFigures Figures) : Document;

/// <param name="Plan">Planned surplus (positive) or deficit for the year.</param>
/// <param name="ReportedActual">Surplus or deficit to date before settlements, as the organisation reports it.</param>
/// <param name="ReportedForecast">Expected at the year's end before settlements; the plan where none is reported.</param>
internal sealed record PlanFigures(decimal Plan, decimal? ReportedActual, decimal? ReportedForecast);

/// <param name="Plan">Planned surplus for the year, or deficit when negative.</param>
internal sealed record PlanView(Guid Id, string System, string Organisation, string Year, decimal Plan, decimal? ReportedActual, decimal? ReportedForecast)
{
    public static PlanView Of(OrganisationPlan p) =>
        new(p.Id, p.System, p.Organisation, p.Year, p.Figures.Plan, p.Figures.ReportedActual, p.Figures.ReportedForecast);
}
