using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Host.Operations;

/// <summary>Explains a problem's code, and what to do about it.</summary>
internal sealed class ExplainProblem(IEnumerable<IModule> modules) : CareEndpoint<Results<Ok<ProblemType>, NotFound>>
{
    public override void Configure() => Get("/problems/{code}");

    protected override Task<Results<Ok<ProblemType>, NotFound>> HandleAsync(CancellationToken ct)
    {
        var code = Route<string>("code");
        return Task.FromResult<Results<Ok<ProblemType>, NotFound>>(
            Problems.All.Concat(modules.SelectMany(m => m.Problems)).FirstOrDefault(p => p.Code == code) is { } problem ? TypedResults.Ok(problem)
                : TypedResults.NotFound());
    }
}
