using FluentValidation;
using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Events;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Population.Features;

/// <summary>Puts an organisation in the register. The same again changes nothing and answers 200.</summary>
internal sealed class RegisterOrganisation : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/population/organisations", Handle)
        .Access(Scopes.PopulationWrite, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);

    private static async Task<Results<CreatedVersioned<OrganisationView>, OkVersioned<OrganisationView>>> Handle(
        OrganisationRequest request, PopulationDb db, RegisteredKinds kinds, CancellationToken ct)
    {
        if (await db.Organisations.SingleOrDefaultAsync(o => o.Code == request.Code, ct) is { } known)
        {
            return known.Kind == request.Kind && known.Details == request.ToDetails()
                ? Answers.Ok(OrganisationView.Of(known), known.Version)
                : throw new RequestRefused(Problems.AlreadyExists, Problems.AlreadyExists.Explanation);
        }

        var organisation = Organisation.Register(request.Code!, request.Kind!, request.ToDetails());
        db.Add(organisation);
        db.Publish(OrganisationView.Changed(organisation, 1));
        await db.SaveChangesAsync(ct);
        kinds.Set(organisation.Code, organisation.Kind);
        return Answers.Created($"/v1/population/organisations/{organisation.Code}", OrganisationView.Of(organisation), organisation.Version);
    }
}

/// <summary>Changes what the register says of an organisation.</summary>
internal sealed class AmendOrganisation : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/v1/population/organisations/{code}", Handle)
        .Access(Scopes.PopulationWrite, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);

    private static async Task<OkVersioned<OrganisationView>> Handle(
        string code, OrganisationRequest request, IfMatch ifMatch, PopulationDb db, RegisteredKinds kinds, CancellationToken ct)
    {
        var organisation = await db.Organisations.SingleOrDefaultAsync(o => o.Code == code, ct) ?? throw Problems.Missing();
        if (request.Code != code)
            throw Problems.Invalid("/code", "The code cannot change.");
        ifMatch.Check(organisation.Version);
        organisation.Amend(request.Kind!, request.ToDetails());
        db.Publish(OrganisationView.Changed(organisation, organisation.Version + 1));
        await db.SaveChangesAsync(ct);
        kinds.Set(organisation.Code, organisation.Kind);
        return Answers.Ok(OrganisationView.Of(organisation), organisation.Version);
    }
}

internal sealed class ReadOrganisation : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/organisations/{code}", Handle)
        .Access(Scopes.PopulationRead, Purposes.All);

    private static async Task<OkVersioned<OrganisationView>> Handle(string code, PopulationDb db, CancellationToken ct)
    {
        var organisation = await db.Organisations.AsNoTracking().SingleOrDefaultAsync(o => o.Code == code, ct) ?? throw Problems.Missing();
        return Answers.Ok(OrganisationView.Of(organisation), organisation.Version);
    }
}

internal sealed class ListOrganisations : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/organisations", Handle)
        .Access(Scopes.PopulationRead, Purposes.All);

    private static async Task<Ok<Page<OrganisationView>>> Handle(
        [AsParameters] Paging paging, [FromQuery] string? kind, HttpContext http, PopulationDb db, CancellationToken ct)
    {
        var after = paging.Position(1)?[0];
        var rows = await db.Organisations.AsNoTracking()
            .Where(o => (kind == null || o.Kind == kind) && (after == null || string.Compare(o.Code, after) > 0))
            .OrderBy(o => o.Code).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(OrganisationView.Of), o => [o.Code]);
    }
}

internal sealed record OrganisationRequest(
    string? Code, string? Name, string? Kind, string? Parent = null, DateOnly? Opened = null, DateOnly? Closed = null, string? Successor = null)
{
    public OrganisationDetails ToDetails() => new(Name!, Parent, Opened, Closed, Successor);

    internal sealed class Validator : AbstractValidator<OrganisationRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Code).NotEmpty().Must(c => c is null || Codes.IsOrganisation(c)).WithMessage("An ODS code: 3 to 9 digits and capitals.");
            RuleFor(r => r.Name).Line(200);
            RuleFor(r => r.Kind).NotEmpty().Must(k => k is null || OrganisationKinds.All.Contains(k)).WithMessage($"One of: {string.Join(", ", OrganisationKinds.All)}.");
            RuleFor(r => r.Parent).Must(c => c is null || Codes.IsOrganisation(c)).WithMessage("An ODS code.");
            RuleFor(r => r.Successor).Must(c => c is null || Codes.IsOrganisation(c)).WithMessage("An ODS code.");
            RuleFor(r => r.Closed).Must((r, closed) => closed is null || r.Opened is null || closed >= r.Opened).WithMessage("Not before opened.");
        }
    }
}

internal sealed record OrganisationView(string Code, string Name, string Kind, string? Parent, DateOnly? Opened, DateOnly? Closed, string? Successor)
{
    public static OrganisationView Of(Organisation o) =>
        new(o.Code, o.Details.Name, o.Kind, o.Details.Parent, o.Details.Opened, o.Details.Closed, o.Details.Successor);

    public static OrganisationChanged Changed(Organisation o, long version) =>
        new(o.Code, o.Details.Name, o.Kind, o.Details.Parent, o.Details.Opened, o.Details.Closed, o.Details.Successor, version);
}
