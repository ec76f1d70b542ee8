using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.RiskShares;

/// <param name="Sharing"><c>first-pound</c>: past the threshold the whole result is shared; <c>excess-only</c>: what exceeds it.</param>
/// <param name="BySize">The minimum rates follow from the number of persons instead.</param>
/// <param name="BelowMinimum">A saving below the minimum is shared at a part of the rate where the settlement says that the provider qualifies.</param>
internal sealed record ThresholdTerms(decimal MinimumSavingsRate, decimal MinimumLossRate, string Sharing, SizeTable? BySize = null,
    BelowMinimum? BelowMinimum = null)
{
    public const string FirstPound = "first-pound";
    public const string ExcessOnly = "excess-only";
}

/// <summary>Minimum rates by number of persons, linear within each band.</summary>
/// <param name="Table">Name of a table that the product holds, such as <c>mssp</c>; its bands are written into the terms.</param>
/// <param name="Losses">Whether the minimum loss rate follows the table too.</param>
internal sealed record SizeTable(string? Table, bool Losses, IReadOnlyList<SizeBand> Bands);

/// <param name="To">Last number of persons of the band; null: no end.</param>
/// <param name="AtFrom">Rate at its first number of persons.</param>
/// <param name="AtTo">Rate at its last.</param>
internal sealed record SizeBand(decimal From, decimal? To, decimal AtFrom, decimal AtTo)
{
    public SizeBand Normalised() => new(Units.Fix(From, 2), Units.Fix(To, 2), Units.Fix(AtFrom, 6), Units.Fix(AtTo, 6));
}

internal sealed record BelowMinimum(decimal Factor);
