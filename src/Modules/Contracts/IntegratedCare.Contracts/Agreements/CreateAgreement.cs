using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// Drafts an agreement between registered organisations. Posted by one of the parties, or by the operator. Each structure needs
/// certain parties: <c>bilateral</c> two; <c>alliance</c> a commissioner and two providers; <c>prime-provider</c> a commissioner and
/// exactly one provider marked <c>prime</c>; <c>accountable-care</c> the same, for at least five years; <c>joint-venture</c>,
/// <c>service-franchise</c> and <c>visiting-service</c> two providers. A subcontract names its <c>headAgreement</c>, whose prime
/// provider is its commissioner, and lies within the head's dates and services.
/// </summary>
internal sealed class CreateAgreement(ContractsSession session, AccessContext caller)
    : CareEndpoint<CreateAgreement.Request, CreatedVersioned<AgreementView>>
{
    internal sealed record Request(
        string? Title, string? Form, string? Structure, IReadOnlyList<PartyDraft?>? Parties, DateOnly? From, DateOnly? To,
        IReadOnlyList<string?>? Services, string? System, string? Population, int? NoticeMonths = null, string? OnWithdrawal = null,
        Guid? HeadAgreement = null);

    internal sealed record PartyDraft(string? Organisation, string? Role, SignatoryDraft? Signatory, bool? Prime = null);

    internal sealed record SignatoryDraft(string? Name, string? Role);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.Form).In(Agreement.Forms);
            RuleFor(r => r.Structure).In(Agreement.Structures);
            RuleFor(r => r.System).Code();
            RuleFor(r => r.Population).Line(200).When(r => r.Population is not null);
            RuleFor(r => r.From).NotNull().Day();
            RuleFor(r => r.To).NotNull().Day();
            RuleFor(r => r.To).GreaterThanOrEqualTo(r => r.From).When(r => r is { From: not null, To: not null })
                .WithMessage("The last day is before the first.");
            RuleFor(r => r.NoticeMonths).InclusiveBetween(0, 60);
            RuleFor(r => r.OnWithdrawal).In(Withdrawal.Rules).When(r => r.OnWithdrawal is not null);
            RuleFor(r => r.Services).NotNull();
            RuleFor(r => r.Services).Must(s => s is null or { Count: >= 1 and <= 100 }).WithMessage("Name 1 to 100 services.");
            RuleForEach(r => r.Services).Line(100).When(r => r.Services is { Count: <= 100 });
            RuleFor(r => r.Parties).NotNull();
            RuleFor(r => r.Parties).Must(p => p is null or { Count: >= 2 and <= 100 }).WithMessage("Name 2 to 100 parties.");
            RuleFor(r => r.Parties).Must(p => p!.Select(x => x?.Organisation).Distinct().Count() == p!.Count).When(r => r.Parties is not null)
                .WithMessage("Each organisation is a party once.");
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

    public override void Configure()
    {
        Post("/v1/contracts/agreements");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<CreatedVersioned<AgreementView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var parties = request.Parties!
            .Select(p => new AgreementParty(p!.Organisation!, p.Role!, new Signatory(p.Signatory!.Name!, p.Signatory.Role!), Prime: p.Prime == true)).ToList();
        StructureRules.Check(request.Structure!, parties, request.From!.Value, request.To!.Value);
        if (!ContractsSession.SeesAll(caller) && parties.All(p => p.Organisation != caller.Organisation))
            throw new RuleViolation(ContractsProblems.NotAParty, "An agreement is drafted by one of its parties.");
        var names = await session.NamesAsync(parties.Select(p => p.Organisation), ct);
        var unknown = parties.Where(p => !names.ContainsKey(p.Organisation)).Select(p => p.Organisation).ToList();
        if (unknown.Count > 0)
            throw new RuleViolation(ContractsProblems.UnknownOrganisation, $"Not in the register: {string.Join(", ", unknown)}.");

        if (request.HeadAgreement is { } head && await session.FindAgreementAsync(head, caller, ct) is null)
            throw Problems.Invalid("/headAgreement", "No agreement of yours has this id.");

        var agreement = new Agreement(
            request.Title!, request.Form!, request.Structure!, request.System!, request.Population, [.. request.Services!.Select(s => s!)], parties,
            request.From!.Value, request.To!.Value, request.HeadAgreement)
        {
            NoticeMonths = request.NoticeMonths ?? 6,
            OnWithdrawal = request.OnWithdrawal ?? Withdrawal.Ends,
        };
        await session.CheckHeadAsync(agreement, agreement.Versions[0].Terms, ct);
        session.Insert(agreement);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/agreements/{agreement.Id}", AgreementView.Of(agreement, names), agreement.Version);
    }
}
