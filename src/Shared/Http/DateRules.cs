using FluentValidation;

namespace IntegratedCare.Shared.Http;

/// <summary>Validation rules for dates in requests.</summary>
public static class DateRules
{
    private static readonly DateOnly Earliest = new(1990, 1, 1);
    private static readonly DateOnly Latest = new(2150, 1, 1);

    /// <summary>A day from 1990-01-01 to 2150-01-01; null passes.</summary>
    public static IRuleBuilderOptions<T, DateOnly?> Day<T>(this IRuleBuilder<T, DateOnly?> rule) => rule
        .InclusiveBetween(Earliest, Latest).WithMessage($"A day from {Earliest:yyyy-MM-dd} to {Latest:yyyy-MM-dd}.");
}
