using System.Text.Json.Serialization;
using IntegratedCare.Contracts.Agreements;

namespace IntegratedCare.Contracts.Gates;

/// <summary>A decision on a checkpoint (1 to 3) of the Integrated Support and Assurance Process.</summary>
/// <param name="DecidedBy">The organisation that recorded it; null when Commissioning published it.</param>
/// <param name="EventVersion">The version that Commissioning published; null when it was recorded here.</param>
internal sealed record Gate(int Checkpoint, string Outcome, string? Evidence, DateOnly DecidedOn, string? DecidedBy, Signature? Signature,
    DateTimeOffset RecordedAt, long? EventVersion)
{
    public const string PassedOutcome = "passed";
    public static readonly string[] Outcomes = [PassedOutcome, "failed"];

    [JsonIgnore]
    public bool Passed => Outcome == PassedOutcome;
}

/// <summary>The checkpoints of an agreement.</summary>
internal sealed record GatesView(Guid AgreementId, string Title, string Structure, string Status, IReadOnlyList<Gate> Gates)
{
    public static GatesView Of(Agreement a) => new(a.Id, a.Title, a.Structure, a.Status, a.Gates);
}
