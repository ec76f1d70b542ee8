using FluentValidation;

namespace IntegratedCare.Commissioning;

/// <summary>Shapes of money and years that requests share.</summary>
internal static class AmountRules
{
    /// <summary>Pounds and pence, within so much either way of zero.</summary>
    public static IRuleBuilderOptions<T, decimal?> Money<T>(this IRuleBuilder<T, decimal?> rule, decimal least, decimal most) => rule
        .NotNull().WithMessage("Needed.")
        .InclusiveBetween(least, most).WithMessage($"Pounds and pence between {least} and {most}.")
        .Must(v => v is not { } x || decimal.Round(x, 2) == x).WithMessage("At most two decimal places.");

    public static IRuleBuilderOptions<T, string?> FinancialYear<T>(this IRuleBuilder<T, string?> rule) => rule
        .NotNull().WithMessage("Needed: a financial year such as 2026/27.")
        .Must(t => t is null || IsFinancialYear(t)).WithMessage("A financial year such as 2026/27.");

    /// <summary>From 1990/91 to 2149/50.</summary>
    public static bool IsFinancialYear(string? text) => Period.Parse(text) is { Grain: Period.FinancialYearGrain, First.Year: >= 1990 and < 2150 };
}
