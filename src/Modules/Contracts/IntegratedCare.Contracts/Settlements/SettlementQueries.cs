using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>Queries for a risk-share's settlements.</summary>
internal static class SettlementQueries
{
    /// <summary>The periods of a risk-share with a proposed, agreed or final settlement.</summary>
    public static async Task<IReadOnlyList<Period>> SettledPeriodsAsync(this ContractsSession session, Guid riskShareId, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            "SELECT DISTINCT period FROM contracts.mt_doc_settlement WHERE risk_share_id = $1 AND status <> ALL ($2) ORDER BY period",
            ct, riskShareId, new[] { Settlement.Provisional, Settlement.Superseded });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var periods = new List<Period>();
        while (await reader.ReadAsync(ct))
            periods.Add(Period.Parse(reader.GetString(0))!);
        return periods;
    }

    /// <summary>Whether a later version of the period has been proposed.</summary>
    public static Task<bool> HasLaterProposalAsync(this ContractsSession session, Settlement settlement, CancellationToken ct)
    {
        var (riskShare, period, number) = (settlement.RiskShareId, settlement.Period, settlement.Number);
        return session.AnyAsync<Settlement>(
            s => s.RiskShareId == riskShare && s.Period == period && s.Number > number && s.Status != Settlement.Provisional
            && s.Status != Settlement.Superseded, ct);
    }

    /// <summary>The pack with the terms and parties of a risk-share of the caller's where it has none of its own.</summary>
    public static async Task<PackDraft> WithRiskShareTermsAsync(this ContractsSession session, PackDraft pack, Guid riskShareId, AccessContext caller,
        CancellationToken ct, string at = "")
    {
        var riskShare = await session.FindRiskShareAsync(riskShareId, caller, ct) ?? throw Problems.Missing();
        if (pack.Terms is not null)
            return pack;
        if (pack.RiskShare is not null || pack.TermsVersion is not null || pack.Parties is not null)
        {
            var member = pack.RiskShare is not null ? "riskShare" : pack.TermsVersion is not null ? "termsVersion" : "parties";
            throw Problems.Invalid($"{at}/{member}", "Left out together with the terms: those of the risk-share are taken.");
        }

        var agreement = await session.AgreementAsync(riskShare.AgreementId, ct);
        var (version, terms) = riskShare.TermsFor(agreement, Period.Parse(pack.Period)?.First ?? agreement.StartsOn);
        return pack with
        {
            RiskShare = new StatementRiskShare(riskShare.Id, agreement.Id, riskShare.Title),
            TermsVersion = version,
            Terms = terms.ToDraft(),
            // The terms name every party, including one that has left the agreement since.
            Parties = null,
        };
    }
}
