using FluentValidation;

namespace IntegratedCare.Commissioning;

/// <summary>Validation rules for money and financial years.</summary>
internal static class AmountRules
{
    /// <summary>Pounds and pence within these bounds.</summary>
    public static IRuleBuilderOptions<T, decimal?> Money<T>(this IRuleBuilder<T, decimal?> rule, decimal min, decimal max) => rule
        .NotNull().WithMessage("Needed.")
        .InclusiveBetween(min, max).WithMessage($"Pounds and pence between {min} and {max}.")
        .Must(v => v is not { } x || decimal.Round(x, 2) == x).WithMessage("At most two decimal places.");

    public static IRuleBuilderOptions<T, string?> FinancialYear<T>(this IRuleBuilder<T, string?> rule) => rule
        .NotNull().WithMessage("Needed: a financial year such as 2026/27.")
        .Must(t => t is null || IsFinancialYear(t)).WithMessage("A financial year such as 2026/27.");

    /// <summary>From 1990/91 to 2149/50.</summary>
    public static bool IsFinancialYear(string? text) => Period.Parse(text) is { Grain: Period.FinancialYearGrain, First.Year: >= 1990 and < 2150 };
}
