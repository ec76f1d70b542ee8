using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>What became of a well-formed event that was posted.</summary>
internal enum EventOutcome
{
    Stored,

    /// <summary>The same event was stored before.</summary>
    Duplicate,

    /// <summary>Another event has its source and id. Nothing is stored.</summary>
    IdReused,

    /// <summary>Its version of the record was stored with other content. Nothing is stored.</summary>
    VersionReused,
}

internal static class EventOutcomes
{
    /// <summary>Why an event was refused; null if it was not.</summary>
    public static RequestRefused? Refusal(this EventOutcome outcome) => outcome switch
    {
        EventOutcome.IdReused => new(PopulationProblems.EventIdReused, PopulationProblems.EventIdReused.Explanation,
            [new FieldError("/id", "Stored before with another body.")]),
        EventOutcome.VersionReused => new(PopulationProblems.RecordVersionReused, PopulationProblems.RecordVersionReused.Explanation,
            [new FieldError("/data/recordVersion", "Stored before with other content.")]),
        _ => null,
    };
}
