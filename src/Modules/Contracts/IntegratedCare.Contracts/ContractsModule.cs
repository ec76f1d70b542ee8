using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.Gates;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.Payments.Engine;
using IntegratedCare.Contracts.Payments.Statements;
using IntegratedCare.Contracts.PublishedValues;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.RiskShares.Simulations;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Settlements.Statements;
using IntegratedCare.Contracts.Spend;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Contracts;

/// <summary>Contracts' documents and tables.</summary>
public interface IContractsStore : IDocumentStore;

/// <summary>Agreements, payments, and risk-shares with their settlements.</summary>
public sealed class ContractsModule : IModule
{
    public string Name => "Contracts";
    public string Schema => "contracts";
    public Type Session => typeof(ContractsSession);
    public IReadOnlyList<Scope> Scopes => ContractsScopes.All;
    public IReadOnlyList<ProblemType> Problems => ContractsProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<IContractsStore, ContractsSession>(new ContractsModule(), configuration);

    /// <summary>
    /// The statement of a pack of terms and inputs, of a risk-share or, where its <c>schema</c> says so, of a payment; as
    /// canonical bytes, and their SHA-256. Uses no database.
    /// </summary>
    /// <exception cref="RequestRefused">The pack cannot be read, or its terms or inputs are not valid.</exception>
    public static (byte[] Statement, string Sha256) Settle(ReadOnlySpan<byte> pack)
    {
        var bytes = CanonicalJson.SchemaOf(pack) == PaymentPackDraft.SchemaName
            ? PaymentEngine.Pay(PackJson.Read<PaymentPackDraft>(pack).Complete()).ToBytes()
            : RiskShareEngine.Settle(PackJson.Read<PackDraft>(pack).Complete()).ToBytes();
        return (bytes, StatementHash.Of(bytes));
    }

    /// <summary>The lines of a statement as CSV, as the API gives them for <c>Accept: text/csv</c>.</summary>
    public static string Csv(byte[] statement) =>
        StatementCsv.Of(IsPayment(statement) ? PaymentStatement.FromBytes(statement).Lines : Statement.FromBytes(statement).Lines);

    /// <summary>A statement as one printable HTML page, as the API gives it for <c>Accept: text/html</c>.</summary>
    public static string Page(byte[] statement) => IsPayment(statement)
        ? PaymentPage.Of(PaymentStatement.FromBytes(statement), StatementHash.Of(statement))
        : StatementPage.Of(Statement.FromBytes(statement), StatementHash.Of(statement));

    private static bool IsPayment(byte[] statement) => CanonicalJson.SchemaOf(statement) == PaymentEngine.Schema;

    public void Declare(StoreDeclaration store) => ContractsSession.Declare(store);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<AgreementCalendar>();
        services.AddSingleton<SimulationTurns>();
        services.AddHostedService(provider => provider.GetRequiredService<AgreementCalendar>());
    }

    public void AddEndpoints(EndpointTypes endpoints) => endpoints
        .Add<CreateAgreement>()
        .Add<ReadAgreement>()
        .Add<ListAgreements>()
        .Add<SignAgreement>()
        .Add<VaryAgreement>()
        .Add<SignVariation>()
        .Add<ReadAgreementTerms>()
        .Add<ListAgreementTerms>()
        .Add<GiveNotice>()
        .Add<ReadNotice>()
        .Add<ListSubcontracts>()
        .Add<RecordGate>()
        .Add<ListGates>()
        .Add<CreateRiskShare>()
        .Add<ReadRiskShare>()
        .Add<ListRiskShares>()
        .Add<ListRiskSharePresets>()
        .Add<AcceptRiskShare>()
        .Add<VaryRiskShare>()
        .Add<AcceptRiskShareVariation>()
        .Add<ReadRiskShareTerms>()
        .Add<ListRiskShareTerms>()
        .Add<ProposeSettlement>()
        .Add<ReadSettlement>()
        .Add<ReadStatement>()
        .Add<ReadPack>()
        .Add<ReplaySettlement>()
        .Add<ReplayOwnSettlement>()
        .Add<Simulate>()
        .Add<SimulateOwn>()
        .Add<ListSettlements>()
        .Add<AgreeSettlement>()
        .Add<FinaliseSettlement>()
        .Add<DisputeSettlement>()
        .Add<WithdrawDispute>()
        .Add<CreatePaymentTerms>()
        .Add<ReadPaymentTerms>()
        .Add<ListPaymentTerms>()
        .Add<ListPaymentPresets>()
        .Add<ListWeightings>()
        .Add<AcceptPaymentTerms>()
        .Add<ProposePayment>()
        .Add<ReadPayment>()
        .Add<ReadPaymentStatement>()
        .Add<ListPayments>()
        .Add<ReadPaymentPack>()
        .Add<ReplayPayment>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnOrganisationChanged>()
        .Add<OnGatePassed>()
        .Add<OnValuesPublished>()
        .Add<OnValuesRestated>()
        .Add<OnCareFactsRecorded>()
        .Add<OnRegisterCounted>()
        .Add<OnPersonDied>()
        .Add<OnDeathWithdrawn>();

    public IReadOnlyList<PersonColumn> PersonColumns { get; } =
    [
        new("cost_fact.person_id", nameof(OnCareFactsRecorded)),
        new("death.person_id", nameof(OnPersonDied)),
    ];
}
