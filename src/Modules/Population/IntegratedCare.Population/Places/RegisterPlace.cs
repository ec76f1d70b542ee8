using FluentValidation;
using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Events;
using IntegratedCare.Population.Reactions;
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
using Npgsql;

namespace IntegratedCare.Population.Features;

/// <summary>Registers a system, a place in it, or a locality with its practices. The same again changes nothing and answers 200.</summary>
internal sealed class RegisterPlace : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/population/places", Handle)
        .Access(Scopes.PopulationWrite, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);

    private static async Task<Results<CreatedVersioned<PlaceView>, OkVersioned<PlaceView>>> Handle(PlaceRequest request, PopulationDb db, CancellationToken ct)
    {
        var known = await db.Places.SingleOrDefaultAsync(p => p.Code == request.Code, ct);
        if (known is not null)
        {
            return PlaceView.Of(known).SameAs(request)
                ? Answers.Ok(PlaceView.Of(known), known.Version)
                : throw new RequestRefused(Problems.AlreadyExists, Problems.AlreadyExists.Explanation);
        }

        var parent = await PlaceTree.ParentAsync(db, request.Parent, ct);
        var place = Place.Register(request.Code!, request.Level!, parent, request.ToDetails());
        db.Add(place);
        await PlaceTree.SaveAsync(db, place, 1, ct);
        return Answers.Created($"/v1/population/places/{place.Code}", PlaceView.Of(place), place.Version);
    }
}

/// <summary>Renames a place or changes which practices are in a locality, and when.</summary>
internal sealed class AmendPlace : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/v1/population/places/{code}", Handle)
        .Access(Scopes.PopulationWrite, [Purposes.Operations], kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.IntegratedCareBoard]);

    private static async Task<OkVersioned<PlaceView>> Handle(string code, PlaceRequest request, IfMatch ifMatch, PopulationDb db, CancellationToken ct)
    {
        var place = await db.Places.SingleOrDefaultAsync(p => p.Code == code, ct) ?? throw Problems.Missing();
        ifMatch.Check(place.Version);
        var changed = new[] { ("/code", request.Code != code), ("/level", request.Level != place.Level), ("/parent", request.Parent != place.Parent) }.Where(m => m.Item2).ToList();
        if (changed.Count > 0)
            throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation, [.. changed.Select(m => new FieldError(m.Item1, "Code, level and parent cannot change."))]);
        place.Amend(await PlaceTree.ParentAsync(db, request.Parent, ct), request.ToDetails());
        await PlaceTree.SaveAsync(db, place, place.Version + 1, ct);
        return Answers.Ok(PlaceView.Of(place), place.Version);
    }
}

internal sealed class ReadPlace : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/places/{code}", Handle)
        .Access(Scopes.PopulationRead, Purposes.All);

    private static async Task<OkVersioned<PlaceView>> Handle(string code, PopulationDb db, CancellationToken ct)
    {
        var place = await db.Places.AsNoTracking().SingleOrDefaultAsync(p => p.Code == code, ct) ?? throw Problems.Missing();
        return Answers.Ok(PlaceView.Of(place), place.Version);
    }
}

internal sealed class ListPlaces : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/population/places", Handle)
        .Access(Scopes.PopulationRead, Purposes.All);

    private static async Task<Ok<Page<PlaceView>>> Handle(
        [AsParameters] Paging paging, [FromQuery] string? level, HttpContext http, PopulationDb db, CancellationToken ct)
    {
        var after = paging.Position(1)?[0];
        var rows = await db.Places.AsNoTracking()
            .Where(p => (level == null || p.Level == level) && (after == null || string.Compare(p.Code, after) > 0))
            .OrderBy(p => p.Code).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(PlaceView.Of), p => [p.Code]);
    }
}

internal sealed record PlaceRequest(string? Code, string? Name, string? Level, string? Parent = null, IReadOnlyList<PracticeInPlace>? Practices = null)
{
    public PlaceDetails ToDetails() => new(Name!, [.. (Practices ?? []).Select(p => new PlacePractice(p.Practice!, p.From ?? new DateOnly(1948, 7, 5), p.To))]);

    internal sealed class Validator : AbstractValidator<PlaceRequest>
    {
        private const string CodePattern = "^[A-Z0-9][A-Z0-9-]{1,29}$";
        private const string CodeMessage = "2 to 30 capitals, digits and dashes.";

        /// <summary>In .NET the pattern's end also matches before a last line feed.</summary>
        private static bool IsOneLine(string? code) => code?.EndsWith('\n') != true;

        public Validator()
        {
            RuleFor(r => r.Code).NotEmpty().Matches(CodePattern).WithMessage(CodeMessage).Must(IsOneLine).WithMessage(CodeMessage);
            RuleFor(r => r.Name).Line(200);
            RuleFor(r => r.Level).NotEmpty().Must(l => l is null or Place.SystemLevel or Place.PlaceLevel or Place.LocalityLevel).WithMessage("system, place or locality.");
            RuleFor(r => r.Parent).Matches(CodePattern).WithMessage(CodeMessage).Must(IsOneLine).WithMessage(CodeMessage);
            RuleFor(r => r.Practices).Must(p => p is null || p.Count <= 1000).WithMessage("At most 1,000.");
            RuleForEach(r => r.Practices).ChildRules(practice =>
            {
                practice.RuleFor(p => p.Practice).NotEmpty().Must(c => c is null || Codes.IsOrganisation(c)).WithMessage("An ODS code.");
                practice.RuleFor(p => p.To).Must((p, to) => to is null || p.From is null || to > p.From).WithMessage("After from.");
            });
        }
    }
}

/// <param name="From">First day; from the beginning when absent.</param>
/// <param name="To">The first day on which it no longer holds.</param>
internal sealed record PracticeInPlace(string? Practice, DateOnly? From = null, DateOnly? To = null);

internal sealed record PlaceView(string Code, string Name, string Level, string? Parent, IReadOnlyList<PracticeInPlace> Practices)
{
    public static PlaceView Of(Place p) => new(p.Code, p.Details.Name, p.Level, p.Parent, [.. p.Details.Practices.Select(m => new PracticeInPlace(m.Practice, m.From, m.To))]);

    public bool SameAs(PlaceRequest r) => (Code, Name, Level, Parent) == (r.Code, r.Name, r.Level, r.Parent)
        && Practices.SequenceEqual(r.ToDetails().Practices.Select(m => new PracticeInPlace(m.Practice, m.From, m.To)));
}

/// <summary>Keeps the flattened memberships in step with the tree, and says who must be attributed anew.</summary>
internal static class PlaceTree
{
    public static async Task<Place?> ParentAsync(PopulationDb db, string? parent, CancellationToken ct) => parent is null ? null
        : await db.Places.AsNoTracking().SingleOrDefaultAsync(p => p.Code == parent, ct)
            ?? throw new RuleViolation(PopulationProblems.UnknownPlace, PopulationProblems.UnknownPlace.Explanation);

    public static async Task SaveAsync(PopulationDb db, Place place, long version, CancellationToken ct)
    {
        var practices = place.Details.Practices;
        string[] codes = [.. practices.Select(p => p.Practice).Distinct()];
        if (await db.Organisations.CountAsync(o => codes.Contains(o.Code) && o.Kind == OrganisationKinds.GeneralPractice, ct) != codes.Length)
            throw new RuleViolation(PopulationProblems.UnknownOrganisation, "Every practice must be registered, with the kind general-practice.");

        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        var touched = new HashSet<string>(codes);
        if (place.Level == Place.LocalityLevel)
        {
            var connection = await db.NpgsqlAsync(ct);
            var system = await db.Places.AsNoTracking().Where(p => p.Code == place.Parent).Select(p => p.Parent).SingleAsync(ct);
            await using var replace = new NpgsqlCommand(
                """
                WITH gone AS (DELETE FROM population.practice_place WHERE locality = $1 RETURNING practice)
                SELECT DISTINCT practice FROM gone
                """, connection)
            { Parameters = { new() { Value = place.Code } } };
            await using (var reader = await replace.ExecuteReaderAsync(ct))
            {
                while (await reader.ReadAsync(ct))
                    touched.Add(reader.GetString(0));
            }

            await using var insert = new NpgsqlCommand(
                """
                INSERT INTO population.practice_place (practice, locality, place, system, from_date, to_date)
                SELECT practice, $1, $2, $3, from_date, to_date FROM unnest($4, $5, $6) AS m (practice, from_date, to_date)
                """, connection)
            {
                Parameters =
                {
                    new() { Value = place.Code },
                    new() { Value = place.Parent! },
                    new() { Value = system! },
                    new() { Value = practices.Select(p => p.Practice).ToArray() },
                    new() { Value = practices.Select(p => p.From).ToArray() },
                    new() { Value = practices.Select(p => p.To).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Date },
                },
            };
            await insert.ExecuteNonQueryAsync(ct);
            db.Publish(new MembershipsChanged([.. touched]));
        }

        db.Publish(new PlaceChanged(place.Code, place.Details.Name, place.Level, place.Parent,
            [.. practices.Select(p => new PracticeMembership(p.Practice, p.From, p.To))], version));
        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
    }
}
