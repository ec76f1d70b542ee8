namespace IntegratedCare.Contracts.Agreements;

/// <summary>Agreements under a head, and the heads above an agreement.</summary>
internal static class Subcontracts
{
    /// <summary>The subcontracts let directly under an agreement.</summary>
    public static async Task<IReadOnlyList<Agreement>> SubcontractsAsync(this ContractsSession session, Agreement head, CancellationToken ct) =>
        StructureRules.HasSubcontracts(head.Structure)
            ? await session.ListAsync<Agreement>(all => all.Where(a => a.HeadAgreementId == head.Id).OrderBy(a => a.Id), ct) : [];

    /// <summary>
    /// Checks a variation that changes the head, or extends the services or dates. Other variations are not checked, so that a
    /// subcontract of an ended head can still be varied.
    /// </summary>
    public static async Task CheckHeadAsync(this ContractsSession session, Agreement agreement, AgreementVersion version, CancellationToken ct)
    {
        var before = agreement.Versions.Last(v => v.Number < version.Number && v.Status == Variation.Agreed).Terms;
        var terms = version.Terms;
        if (terms.HeadAgreement != before.HeadAgreement || terms.To > before.To || terms.Services.Except(before.Services).Any())
            await session.CheckHeadAsync(agreement, terms, ct);
    }

    /// <summary>Refuses an agreement that does not fit under the head it names.</summary>
    public static async Task CheckHeadAsync(this ContractsSession session, Agreement agreement, AgreementTerms terms, CancellationToken ct)
    {
        var heads = new List<Agreement>();
        for (var next = terms.HeadAgreement;
            next is { } id && heads.Count <= SubcontractRules.MaxHeads;
            next = heads[^1].Id == agreement.Id ? null : heads[^1].HeadAgreementId)
            heads.Add(id == agreement.Id ? agreement : await session.AgreementAsync(id, ct));
        if (heads.Count > 0)
            SubcontractRules.Check(agreement, terms, heads);
    }
}

/// <summary>A subcontract that a change of its head touches, and why.</summary>
internal sealed record SubcontractTouched(Guid Id, string Title, string Reason)
{
    public static SubcontractTouched? Of(Agreement subcontract, string? reason) =>
        reason is null || subcontract.Status == Agreement.Ended ? null : new(subcontract.Id, subcontract.Title, reason);
}
