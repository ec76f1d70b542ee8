using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.Contracts.Features;

/// <summary>Drafts an agreement between registered organisations. Posted by one of the parties, or by the operator.</summary>
internal sealed class CreateAgreement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/agreements", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record CreateAgreementRequest(
        string? Title, string? Form, string? Structure, IReadOnlyList<PartyDraft?>? Parties, DateOnly? From, DateOnly? To,
        IReadOnlyList<string?>? Services, string? System, string? Population);

    internal sealed record PartyDraft(string? Organisation, string? Role, SignatoryDraft? Signatory);

    internal sealed record SignatoryDraft(string? Name, string? Role);

    internal sealed class Validator : AbstractValidator<CreateAgreementRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.Form).In(Agreement.Forms);
            RuleFor(r => r.Structure).In(Agreement.Structures);
            RuleFor(r => r.System).Code();
            RuleFor(r => r.Population).Line(200).When(r => r.Population is not null);
            RuleFor(r => r.From).NotNull().InclusiveBetween(new DateOnly(1990, 1, 1), new DateOnly(2150, 1, 1));
            RuleFor(r => r.To).NotNull().InclusiveBetween(new DateOnly(1990, 1, 1), new DateOnly(2150, 1, 1));
            RuleFor(r => r.To).GreaterThanOrEqualTo(r => r.From).When(r => r is { From: not null, To: not null }).WithMessage("The last day is before the first.");
            RuleFor(r => r.Services).NotNull();
            RuleFor(r => r.Services).Must(s => s is null or { Count: >= 1 and <= 100 }).WithMessage("Name 1 to 100 services.");
            RuleForEach(r => r.Services).Line(100).When(r => r.Services is { Count: <= 100 });
            RuleFor(r => r.Parties).NotNull();
            RuleFor(r => r.Parties).Must(p => p is null or { Count: >= 2 and <= 100 }).WithMessage("Name 2 to 100 parties.");
            RuleFor(r => r.Parties).Must(p => p!.Select(x => x?.Organisation).Distinct().Count() == p!.Count).When(r => r.Parties is not null).WithMessage("Each organisation is a party once.");
            RuleFor(r => r.Parties).Must(p => p!.Count == 2).When(r => r is { Structure: "bilateral", Parties: not null }).WithMessage("A bilateral agreement has two parties.");
            RuleForEach(r => r.Parties).NotNull().ChildRules(party =>
            {
                party.RuleFor(p => p!.Organisation).Code();
                party.RuleFor(p => p!.Role).In(Agreement.Roles);
                party.RuleFor(p => p!.Signatory).NotNull();
                party.RuleFor(p => p!.Signatory!.Name).Line(100).When(p => p!.Signatory is not null);
                party.RuleFor(p => p!.Signatory!.Role).Line(100).When(p => p!.Signatory is not null);
            }).When(r => r.Parties is { Count: <= 100 });
        }
    }

    private static async Task<CreatedVersioned<AgreementView>> Handle(CreateAgreementRequest request, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var parties = request.Parties!.Select(p => new AgreementParty(p!.Organisation!, p.Role!, new Signatory(p.Signatory!.Name!, p.Signatory.Role!))).ToList();
        if (!Visible.SeesAll(access) && parties.All(p => p.Organisation != access.Organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, "An agreement is drafted by one of its parties.");
        var names = await Names.OfAsync(db, parties.Select(p => p.Organisation), ct);
        var unknown = parties.Where(p => !names.ContainsKey(p.Organisation)).Select(p => p.Organisation).ToList();
        if (unknown.Count > 0)
            throw new RuleViolation(ContractsProblems.UnknownOrganisation, $"Not in the register: {string.Join(", ", unknown)}.");

        var agreement = new Agreement(
            new AgreementDocument(request.Title!, request.Form!, request.Structure!, request.System!, request.Population, [.. request.Services!.Select(s => s!)], parties, []),
            request.From!.Value, request.To!.Value);
        db.Agreements.Add(agreement);
        await db.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/agreements/{agreement.Id}", AgreementView.Of(agreement, names), agreement.Version);
    }
}
