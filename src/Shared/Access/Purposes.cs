namespace IntegratedCare.Shared.Access;

/// <summary>Purposes of use, as in the token claim <c>purpose</c> and the header <c>X-Purpose-Of-Use</c>.</summary>
public static class Purposes
{
    public const string DirectCare = "direct-care";
    public const string RiskStratification = "risk-stratification";
    public const string PopulationHealth = "population-health";
    public const string Commissioning = "commissioning";
    public const string Evaluation = "evaluation";
    public const string Operations = "operations";

    public static readonly string[] All = [DirectCare, RiskStratification, PopulationHealth, Commissioning, Evaluation, Operations];
}
