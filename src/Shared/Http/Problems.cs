using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Shared.Http;

/// <summary>A kind of problem: a stable kebab-case code, its status, and what the caller can do about it.</summary>
public sealed record ProblemType(string Code, int Status, string Title, string Explanation);

/// <summary>A domain rule or the resource's state refuses the request. ProblemWriter maps it to its problem document.</summary>
public sealed class RuleViolation(ProblemType type, string detail) : Exception(detail)
{
    public ProblemType Type { get; } = type;
}

/// <summary>The request itself is refused: shape, precondition, access. ProblemWriter maps it to its problem document.</summary>
public sealed class RequestRefused(ProblemType type, string detail, IReadOnlyList<FieldError>? errors = null) : Exception(detail)
{
    public ProblemType Type { get; } = type;
    public IReadOnlyList<FieldError>? Errors { get; } = errors;

    public override string ToString() => $"{base.ToString()}\n{string.Join('\n', Errors ?? [])}";
}

/// <summary>One fault in a request, by JSON pointer. Never repeats the value, which may be personal.</summary>
public sealed record FieldError(string Pointer, string Detail);

/// <summary>The problems any endpoint can answer with.</summary>
public static class Problems
{
    public static readonly ProblemType InvalidRequest = new("invalid-request", 400, "The request is not valid",
        "One or more members are missing, of the wrong type or out of range. The errors list says which, by JSON pointer.");
    public static readonly ProblemType MalformedJson = new("malformed-json", 400, "The body cannot be read",
        "The body is not the JSON that this endpoint takes: broken syntax, a wrong type, an unknown member or too deep nesting.");
    public static readonly ProblemType InvalidCursor = new("invalid-cursor", 400, "The cursor is not one of ours",
        "Start again without a cursor, or follow the next link as it was given.");
    public static readonly ProblemType PurposeRequired = new("purpose-required", 400, "Name your purpose",
        "Your token allows more than one purpose of use here. Pick one with the header X-Purpose-Of-Use.");
    public static readonly ProblemType ActingUserRequired = new("acting-user-required", 400, "Name the person acting",
        "This act is clinical, a signature or a dispute. Send X-Acting-User: name=...; role=...; registration=...");
    public static readonly ProblemType Unauthenticated = new("unauthenticated", 401, "No valid token",
        "Send Authorization: Bearer with a token that has not expired and was issued for this platform.");
    public static readonly ProblemType OrganisationUnknown = new("organisation-not-registered", 403, "Your organisation is not registered",
        "What an organisation may do follows from its kind in the register, not from its token. The operator registers it with "
            + "POST /v1/population/organisations; other hosts know it within seconds.");
    public static readonly ProblemType ScopeMissing = new("scope-missing", 403, "The token lacks the scope",
        "Ask for a token with the scope that the detail names.");
    public static readonly ProblemType PurposeNotAllowed = new("purpose-not-allowed", 403, "Not for this purpose",
        "The purpose is not in your token, or this endpoint does not serve it.");
    public static readonly ProblemType NotYourOrganisation = new("not-your-organisation", 403, "Not your organisation's to do",
        "Your client acts for one organisation, and this belongs to another.");
    public static readonly ProblemType DisclosureRefused = new("disclosure-refused", 403, "These rows are not for you",
        "Your organisation's kind, purpose and relationship to the person do not allow rows at person level.");
    public static readonly ProblemType NotFound = new("not-found", 404, "Not found",
        "There is nothing here that you may know of.");
    public static readonly ProblemType MethodNotAllowed = new("method-not-allowed", 405, "Method not allowed",
        "The Allow header lists the methods this path takes.");
    public static readonly ProblemType NotAcceptable = new("not-acceptable", 406, "Not acceptable",
        "This resource cannot be written in any media type you accept.");
    public static readonly ProblemType RequestTimeout = new("request-timeout", 408, "The request took too long to arrive",
        "The body arrived too slowly. Send it again.");
    public static readonly ProblemType Conflict = new("conflict", 409, "In conflict with the present state",
        "What you asked for clashes with what is already there.");
    public static readonly ProblemType AlreadyExists = new("already-exists", 409, "It exists already",
        "Something with this identity is registered with other content. Read it, then change it with If-Match.");
    public static readonly ProblemType RequestInProgress = new("request-in-progress", 409, "Still running",
        "A request with this Idempotency-Key is still being worked on. Try again shortly.");
    public static readonly ProblemType StaleVersion = new("stale-version", 412, "It has changed since you read it",
        "Read it again and send its present ETag in If-Match.");
    public static readonly ProblemType BodyTooLarge = new("body-too-large", 413, "The body is too large",
        "Other than bulk bodies (NDJSON, CSV), a body may be 1 MB; an event batch 4 MB and 1,000 events.");
    public static readonly ProblemType UnsupportedMediaType = new("unsupported-media-type", 415, "Media type not taken",
        "See the endpoint's documentation for the media types it takes.");
    public static readonly ProblemType IdempotencyMismatch = new("idempotency-mismatch", 422, "Same key, other body",
        "This Idempotency-Key was used with another body. Use a new key for a new request.");
    public static readonly ProblemType IfMatchRequired = new("if-match-required", 428, "Say which version you are changing",
        "Send the ETag you read in If-Match.");
    public static readonly ProblemType TooManyRequests = new("too-many-requests", 429, "Too many requests",
        "Wait for as long as Retry-After says.");
    public static readonly ProblemType Internal = new("internal-error", 500, "Something went wrong on our side",
        "Nothing was changed unless you were told so. Quote the traceId when you report it.");
    public static readonly ProblemType Unavailable = new("unavailable", 503, "Not available for the moment",
        "The database cannot be reached or is too busy. Wait for as long as Retry-After says.");

    public static readonly IReadOnlyList<ProblemType> All =
    [
        InvalidRequest, MalformedJson, InvalidCursor, PurposeRequired, ActingUserRequired, Unauthenticated, OrganisationUnknown, ScopeMissing,
        PurposeNotAllowed, NotYourOrganisation, DisclosureRefused, NotFound, MethodNotAllowed, NotAcceptable, RequestTimeout, Conflict,
        AlreadyExists, RequestInProgress, StaleVersion, BodyTooLarge, UnsupportedMediaType, IdempotencyMismatch, IfMatchRequired,
        TooManyRequests, Internal, Unavailable,
    ];

    public static ProblemType ForStatus(int status) =>
        All.FirstOrDefault(p => p.Status == status) ?? (status >= 500 ? Internal : InvalidRequest);

    public static RequestRefused Missing() => new(NotFound, NotFound.Explanation);

    public static RequestRefused Invalid(string pointer, string detail) =>
        new(InvalidRequest, InvalidRequest.Explanation, [new FieldError(pointer, detail)]);
}
