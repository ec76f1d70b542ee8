using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>A notice and its consequences, to the agreement's parties.</summary>
internal sealed class ReadNotice(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<NoticeView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/agreements/{id:guid}/notices/{noticeId:guid}");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<NoticeView>> HandleAsync(CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        var notice = agreement.Notices.FirstOrDefault(n => n.Id == Route<Guid>("noticeId")) ?? throw Problems.Missing();
        return Answers.Ok(await NoticeView.OfAsync(session, agreement, notice, ct), agreement.Version);
    }
}
