using IntegratedCare.Shared.Events;

namespace IntegratedCare.Commissioning.Events;

/// <summary>A novel contract passed a checkpoint of the Integrated Support and Assurance Process. The highest version of a checkpoint counts.</summary>
/// <param name="AgreementId">The agreement, as Contracts knows it.</param>
/// <param name="Checkpoint">1 to 3: 1 and 2 come before signature, 3 before the start.</param>
public sealed record GatePassed(Guid AgreementId, int Checkpoint, DateOnly DecidedOn, long Version) : IEvent
{
    public static string Name => "commissioning.gate-passed.v1";
    public string? Key => AgreementId.ToString();
}
