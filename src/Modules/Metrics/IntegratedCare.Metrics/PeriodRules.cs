using FluentValidation;

namespace IntegratedCare.Metrics;

internal static class PeriodRules
{
    /// <summary>A month, a quarter or a financial year. Calendar years are not accepted.</summary>
    public static IRuleBuilderOptions<T, string?> Period<T>(this IRuleBuilder<T, string?> rule) => rule
        .NotEmpty()
        .Must(text => string.IsNullOrEmpty(text) || Read(text) is not null).WithMessage("A month (2026-07), quarter (2026-Q3) or financial year (2026/27).");

    public static Period? Read(string? text) =>
        Shared.Calendar.Period.Parse(text) is { Grain: not Shared.Calendar.Period.CalendarYearGrain } period ? period : null;
}
