using FluentValidation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Shared.Http;

/// <summary>Runs the validator of every request body, and refuses to start when a request has none.</summary>
public static class RequestValidation
{
    public static EndpointFilterDelegate Filter(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        var checks = context.MethodInfo.GetParameters()
            .Select((p, index) => (p.ParameterType, index))
            .Where(p => IsRequest(p.ParameterType))
            .ToList();
        if (checks.Count == 0)
            return next;

        var validators = checks.ConvertAll(check =>
            context.ApplicationServices.GetService(typeof(IValidator<>).MakeGenericType(check.ParameterType)) as IValidator
            ?? throw new InvalidOperationException($"{check.ParameterType.FullName} has no registered validator."));

        return async invocation =>
        {
            var errors = new List<FieldError>();
            for (var i = 0; i < checks.Count; i++)
            {
                if (invocation.Arguments[checks[i].index] is { } body)
                {
                    var faults = RequestShape.Faults(body).ToList();
                    try
                    {
                        var result = await validators[i].ValidateAsync(new ValidationContext<object>(body), invocation.HttpContext.RequestAborted);
                        errors.AddRange(result.Errors.Select(e => new FieldError(Pointers.FromPropertyPath(e.PropertyName), e.ErrorMessage)));
                    }
                    catch (Exception e) when (faults.Count > 0 && e is NullReferenceException or ArgumentNullException)
                    {
                        // A rule met a null that the declaration rules out: the faults say which.
                    }

                    errors.AddRange(faults.Where(f => errors.TrueForAll(e => e.Pointer != f.Pointer)));
                }
            }

            if (errors.Count > 0)
                throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation, errors);
            return await next(invocation);
        };
    }

    /// <summary>A request body is a type called <c>Request</c> or <c>SomethingRequest</c>.</summary>
    public static bool IsRequest(Type type) => type.Name.EndsWith("Request", StringComparison.Ordinal) && type.Namespace?.StartsWith("IntegratedCare", StringComparison.Ordinal) == true;
}
