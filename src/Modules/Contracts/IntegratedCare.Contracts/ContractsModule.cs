using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Domain.Payments;
using IntegratedCare.Contracts.Features;
using IntegratedCare.Contracts.Reactions;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Contracts;

/// <summary>Who is paid for what, and who shares which gain or pain?</summary>
public sealed class ContractsModule : IModule
{
    public string Name => "Contracts";
    public string Schema => "contracts";
    public Type Session => typeof(ContractsDb);
    public IReadOnlyList<ProblemType> Problems => ContractsProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<ContractsDb>(new ContractsModule(), configuration);

    /// <summary>
    /// The statement of a pack of terms and inputs, of a risk-share or, where its <c>schema</c> says so, of a payment; as
    /// canonical bytes, and their SHA-256. Pure: no database, nothing stored.
    /// </summary>
    /// <exception cref="Shared.Http.RequestRefused">The pack cannot be read, or its terms or inputs make no sense.</exception>
    public static (byte[] Statement, string Sha256) Settle(ReadOnlySpan<byte> pack)
    {
        var bytes = CanonicalJson.SchemaOf(pack) == PaymentPackDraft.SchemaName
            ? PaymentEngine.Pay(PackJson.Read<PaymentPackDraft>(pack).Complete()).ToBytes()
            : RiskShareEngine.Settle(PackJson.Read<PackDraft>(pack).Complete()).ToBytes();
        return (bytes, Statement.Sha256(bytes));
    }

    /// <summary>The lines of a statement as CSV, as the API gives them for <c>Accept: text/csv</c>.</summary>
    public static string Csv(byte[] statement) =>
        IsPayment(statement) ? Statement.ToCsv(PaymentStatement.FromBytes(statement).Lines) : Statement.FromBytes(statement).ToCsv();

    /// <summary>A statement as one printable HTML page, as the API gives it for <c>Accept: text/html</c>.</summary>
    public static string Page(byte[] statement) => IsPayment(statement)
        ? PaymentPage.Of(PaymentStatement.FromBytes(statement), Statement.Sha256(statement))
        : StatementPage.Of(Statement.FromBytes(statement), Statement.Sha256(statement));

    private static bool IsPayment(byte[] statement) => CanonicalJson.SchemaOf(statement) == PaymentEngine.Schema;

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<AgreementCalendar>();
        services.AddHostedService(provider => provider.GetRequiredService<AgreementCalendar>());
    }

    public void MapEndpoints(EndpointList endpoints) => endpoints
        .Map<CreateAgreement>()
        .Map<GetAgreement>()
        .Map<ListAgreements>()
        .Map<SignAgreement>()
        .Map<VaryAgreement>()
        .Map<SignVariation>()
        .Map<GetAgreementTerms>()
        .Map<ListAgreementTerms>()
        .Map<GiveNotice>()
        .Map<GetNotice>()
        .Map<ListSubcontracts>()
        .Map<RecordGate>()
        .Map<ListGates>()
        .Map<CreateRiskShare>()
        .Map<GetRiskShare>()
        .Map<ListRiskShares>()
        .Map<ListRiskSharePresets>()
        .Map<AcceptRiskShare>()
        .Map<VaryRiskShare>()
        .Map<AcceptRiskShareVariation>()
        .Map<GetRiskShareTerms>()
        .Map<ListRiskShareTerms>()
        .Map<ProposeSettlement>()
        .Map<GetSettlement>()
        .Map<GetStatement>()
        .Map<GetPack>()
        .Map<ReplaySettlement>()
        .Map<ReplayOwnSettlement>()
        .Map<Simulate>()
        .Map<SimulateOwn>()
        .Map<ListSettlements>()
        .Map<AgreeSettlement>()
        .Map<FinaliseSettlement>()
        .Map<DisputeSettlement>()
        .Map<WithdrawDispute>()
        .Map<CreatePaymentTerms>()
        .Map<GetPaymentTerms>()
        .Map<ListPaymentTerms>()
        .Map<ListPaymentPresets>()
        .Map<ListWeightings>()
        .Map<AcceptPaymentTerms>()
        .Map<ProposePayment>()
        .Map<GetPayment>()
        .Map<GetPaymentStatement>()
        .Map<ListPayments>()
        .Map<GetPaymentPack>()
        .Map<ReplayPayment>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnOrganisationChanged>()
        .Add<OnGatePassed>()
        .Add<OnValuesPublished>()
        .Add<OnValuesRestated>()
        .Add<OnCareFactsRecorded>()
        .Add<OnRegisterCounted>()
        .Add<OnPersonDied>()
        .Add<OnDeathWithdrawn>();
}
