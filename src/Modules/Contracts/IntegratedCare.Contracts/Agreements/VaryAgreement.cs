using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// A party proposes to vary a signed agreement: its title, services, last day, signatories, or the head agreement it is let under.
/// Members that are left out stay as they are. It is the next version of the terms; once all have signed, it takes effect on its day,
/// and the agreement is then <c>varied</c>. It supersedes a proposal that is still open.
/// </summary>
internal sealed class VaryAgreement(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<VaryAgreement.Request, CreatedVersioned<AgreementVersionView>>
{
    internal sealed record Request(
        DateOnly? EffectiveFrom, string? Reason, string? Title = null, IReadOnlyList<string?>? Services = null, DateOnly? To = null,
        IReadOnlyList<NewSignatory?>? Signatories = null, Guid? HeadAgreement = null);

    internal sealed record NewSignatory(string? Organisation, CreateAgreement.SignatoryDraft? Signatory);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.EffectiveFrom).NotNull().Day();
            RuleFor(r => r.To).Day();
            RuleFor(r => r.Reason).Line(2000);
            RuleFor(r => r.Title).Line(200).When(r => r.Title is not null);
            RuleFor(r => r.Services).Must(s => s is null or { Count: >= 1 and <= 100 }).WithMessage("Name 1 to 100 services.");
            RuleForEach(r => r.Services).Line(100).When(r => r.Services is { Count: <= 100 });
            RuleFor(r => r.Signatories).Must(s => s is null or { Count: >= 1 and <= 100 }).WithMessage("Name 1 to 100 signatories.");
            RuleFor(r => r.Signatories).Must(s => s!.Select(x => x?.Organisation).Distinct().Count() == s!.Count).When(r => r.Signatories is not null)
                .WithMessage("One signatory for each party.");
            RuleForEach(r => r.Signatories).NotNull().ChildRules(party =>
            {
                party.RuleFor(p => p!.Organisation).Code();
                party.RuleFor(p => p!.Signatory).NotNull();
                party.RuleFor(p => p!.Signatory!.Name).Line(100).When(p => p!.Signatory is not null);
                party.RuleFor(p => p!.Signatory!.Role).Line(100).When(p => p!.Signatory is not null);
            }).When(r => r.Signatories is { Count: <= 100 });
            RuleFor(r => r).Must(r => r is not { Title: null, Services: null, To: null, Signatories: null, HeadAgreement: null })
                .WithMessage("Name what changes.");
        }
    }

    public override void Configure()
    {
        Post("/v1/contracts/agreements/{id:guid}/variations");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
        ChangesVersion();
    }

    public override async Task<CreatedVersioned<AgreementVersionView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(agreement.Version);
        if (request.HeadAgreement is { } head && await session.FindAgreementAsync(head, caller, ct) is null)
            throw Problems.Invalid("/headAgreement", "No agreement of yours has this id.");
        var (next, version) = agreement.Vary(caller.Organisation, new AgreementChange(
            request.EffectiveFrom!.Value, request.Reason!, request.Title, request.Services is null ? null : [.. request.Services.Select(s => s!)], request.To,
            request.Signatories is null ? null
                : [.. request.Signatories.Select(s => new NamedSignatory(s!.Organisation!, new Signatory(s.Signatory!.Name!, s.Signatory.Role!)))],
            request.HeadAgreement), clock.GetUtcNow());
        await session.CheckHeadAsync(next, version, ct);
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/agreements/{Id}/terms/{version.Number}", await AgreementVersionView.OfAsync(session, next, version, ct),
            next.Version);
    }
}
