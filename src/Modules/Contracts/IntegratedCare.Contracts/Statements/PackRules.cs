using FluentValidation;
using FluentValidation.Results;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Statements;

/// <summary>The rules of a pack: it is checked whole, with every fault, when it is completed.</summary>
internal abstract class PackRules<TPack> : RequestRules<TPack> where TPack : notnull
{
    public override Task<ValidationResult> ValidateAsync(ValidationContext<TPack> context, CancellationToken cancellation = default) =>
        Task.FromResult(new ValidationResult());
}
