using IntegratedCare.Shared.Access;

namespace IntegratedCare.Metrics.Values;

/// <summary>
/// The areas whose exact small numbers a caller sees, for the purpose of operations only: the system operator those of every area, a
/// practice its own. A small number of another area is about persons who are not the caller's patients.
/// </summary>
internal readonly record struct Disclosure(bool OfEveryArea, string? OfPractice)
{
    public static Disclosure For(AccessContext caller) => caller.Purpose != Purposes.Operations ? default
        : new(caller.Kind == OrganisationKinds.SystemOperator, caller.Kind == OrganisationKinds.GeneralPractice ? caller.Organisation : null);

    public bool ShowsTrueNumbers(ValueKey key) => OfEveryArea || (key.AreaKind == "practice" && key.Area == OfPractice);
}
