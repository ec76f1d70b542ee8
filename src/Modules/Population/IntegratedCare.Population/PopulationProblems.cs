using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population;

/// <summary>The problems this module's rules raise.</summary>
internal static class PopulationProblems
{
    public static readonly ProblemType UnknownOrganisation = new("unknown-organisation", 409, "The organisation is not registered",
        "Register the organisation first, then refer to it by its ODS code.");
    public static readonly ProblemType UnknownPlace = new("unknown-place", 409, "The place is not registered",
        "Register the parent first: system, then place, then locality.");
    public static readonly ProblemType PlaceLevels = new("place-levels", 409, "The levels do not fit",
        "A place lies in a system, a locality in a place; a system has no parent. Only localities have practices.");
    public static readonly ProblemType ForeignSource = new("foreign-source", 403, "The source is not yours",
        "source is urn:ods:<ODS code>[:system]; the code must be your organisation's, or one your client was granted.");
    public static readonly ProblemType BinaryModeRefused = new("binary-mode-refused", 415, "Binary CloudEvents are not taken",
        "In binary mode the subject, an NHS number, would travel in a header, where it may be logged. Send application/cloudevents+json.");
    public static readonly ProblemType InvalidEvent = new("invalid-event", 400, "The event is not valid",
        "The errors list says which members are missing or wrong, by JSON pointer.");
    public static readonly ProblemType TooManyEvents = new("too-many-events", 413, "Too many events in one batch",
        "A batch holds at most 1,000 events. For more, send application/x-ndjson.");
    public static readonly ProblemType EventIdReused = new("event-id-reused", 409, "Another event has this id",
        "An event's source and id name it for good: the same body again is a repeat, another one is refused. Send a change with an id of its own "
            + "and a higher recordVersion.");
    public static readonly ProblemType RecordVersionReused = new("record-version-reused", 409, "This version of the record has other content",
        "A version of a record is stored once. Send a change with a higher recordVersion.");
    public static readonly ProblemType InvalidLine = new("invalid-line", 400, "The line cannot be taken",
        "The errors list says what is wrong with the line. Correct it and send it again.");
    public static readonly ProblemType TooManyRejected = new("too-many-rejected", 400, "Too many lines were rejected",
        "After 10,000 rejected lines a load is stopped: the rest would be no better. Read what was wrong with them, correct the file and send it again.");

    // Risk
    public static readonly ProblemType HighRiskEntryState = new("high-risk-entry-state", 409, "The entry is past that",
        "Proposed entries can be confirmed or declined, declined ones confirmed, confirmed ones ended. Read the entry for its present status.");
    public static readonly ProblemType PersonNotOnPracticeList = new("person-not-on-practice-list", 409, "Not on the practice's list any more",
        "The person has died or is registered elsewhere, so this practice can no longer take them on its high-risk register.");

    public static readonly IReadOnlyList<ProblemType> All =
    [
        UnknownOrganisation, UnknownPlace, PlaceLevels, ForeignSource, BinaryModeRefused, InvalidEvent, TooManyEvents, InvalidLine, EventIdReused,
        RecordVersionReused, TooManyRejected,
        // Risk
        HighRiskEntryState, PersonNotOnPracticeList,
    ];
}
