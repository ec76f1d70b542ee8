using IntegratedCare.Population.HighRisk;
using IntegratedCare.Population.Intake;
using IntegratedCare.Population.Loads;
using IntegratedCare.Population.Organisations;
using IntegratedCare.Population.Persons;
using IntegratedCare.Population.Places;
using IntegratedCare.Population.Records;
using IntegratedCare.Population.RegisterCounts;
using IntegratedCare.Population.RiskModels;
using IntegratedCare.Population.Stratifications;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population;

/// <summary>Population's unit of work.</summary>
internal sealed class PopulationSession(IPopulationStore store, ModuleSessionServices services) : ModuleSession(store, "population", services)
{
    private const string RiskModelVersionIndex = "risk_model_version_once";

    public static void Declare(StoreDeclaration store)
    {
        store.Document<Organisation>("organisation")
            .Duplicate(o => o.Code, notNull: true, configure: i => i.IsUnique = true)
            .Duplicate(o => o.Kind, notNull: true);
        store.Document<Place>("place")
            .Duplicate(p => p.Code, notNull: true, configure: i => i.IsUnique = true)
            .Duplicate(p => p.Level, notNull: true);
        store.Document<Load>("load");
        store.Document<RiskModelVersion>("risk_model")
            .Duplicate(m => m.Model, notNull: true)
            .Duplicate(m => m.Number, notNull: true)
            .UniqueIndex(Marten.Schema.UniqueIndexType.DuplicatedField, RiskModelVersionIndex, m => m.Model, m => m.Number);
        store.Document<StratificationRun>("stratification")
            .Duplicate(r => r.State, notNull: true)
            .Duplicate(r => r.Model, notNull: true)
            .Duplicate(r => r.ModelVersion, notNull: true)
            .Duplicate(r => r.IndexDate, notNull: true)
            .Duplicate(r => r.Latest, notNull: true)
            .Duplicate(r => r.ScoresKept, notNull: true);
        store
            .Tables(PracticePlaces.Of(store.Schema))
            .Tables(PersonTables.Of(store.Schema))
            .Tables(RegisterCountTables.Of(store.Schema))
            .Tables(LoadRejects.Of(store.Schema))
            .Tables(EventTables.Of(store.Schema))
            .Tables(RecordTables.Of(store.Schema))
            .Tables(RiskModelTables.Of(store.Schema))
            .Tables(StratificationTables.Of(store.Schema))
            .Tables(HighRiskTables.Of(store.Schema));
    }

    protected override Exception? Explain(string constraint) => constraint == RiskModelVersionIndex
        ? new RequestRefused(Problems.AlreadyExists, "Somebody posted this model at the same moment. Read it, then post again.")
        : null;
}
