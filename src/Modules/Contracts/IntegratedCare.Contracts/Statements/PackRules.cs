using FluentValidation;
using FluentValidation.Results;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Statements;

/// <summary>A pack's rules are empty: completing the pack validates it, with every fault.</summary>
internal abstract class PackRules<TPack> : RequestRules<TPack> where TPack : notnull
{
    public override Task<ValidationResult> ValidateAsync(ValidationContext<TPack> context, CancellationToken cancellation = default) =>
        Task.FromResult(new ValidationResult());
}
