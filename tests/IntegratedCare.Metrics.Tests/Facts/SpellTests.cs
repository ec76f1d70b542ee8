using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Metrics.Facts;

namespace IntegratedCare.Metrics.Tests.Facts;

public sealed class SpellTests
{
    private static readonly DateOnly Today = new(2026, 7, 14);

    public static TheoryData<string, string> Rows()
    {
        var data = new TheoryData<string, string>();
        foreach (var row in AcscChronic.Rows)
            data.Add(row.Prefix, row.Condition);
        return data;
    }

    [Fact]
    public void The_list_has_all_35_rows() => AcscChronic.Rows.Count.ShouldBe(35);

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_primary_diagnosis_of_the_list_counts_for_its_condition(string prefix, string condition)
    {
        string[] needed = prefix == "J20" ? ["J440"] : [];
        Condition([prefix, .. needed]).ShouldBe(condition);
        Condition([prefix + "X", .. needed]).ShouldBe(condition);
        Condition([prefix.Insert(Math.Min(3, prefix.Length), "."), .. needed]).ShouldBe(condition);
        Condition(["R69", prefix, .. needed]).ShouldBeNull("only the primary diagnosis decides");
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_exclusion_of_a_row_excludes(string prefix, string condition)
    {
        var row = AcscChronic.Rows.Single(r => r.Prefix == prefix && r.Condition == condition);
        string[] needed = prefix == "J20" ? ["J440"] : [];
        foreach (var diagnosis in row.ExcludesDiagnosis)
            Condition([prefix, .. needed, diagnosis + "1"]).ShouldBeNull(diagnosis);
        foreach (var procedure in row.ExcludesProcedure)
            Condition([prefix, .. needed], procedures: ["Z011", procedure + "1"]).ShouldBeNull(procedure);
        foreach (var procedure in row.LaterProcedures)
        {
            Condition([prefix], procedures: [procedure + "1"], day: new DateOnly(2017, 4, 1)).ShouldBeNull(procedure);
            Condition([prefix], procedures: [procedure + "1"], day: new DateOnly(2017, 3, 31)).ShouldBe(condition, procedure);
        }
    }

    [Fact]
    public void Rows_with_exclusions_are_the_published_ones()
    {
        AcscChronic.Rows.Where(r => r.ExcludesDiagnosis.Count > 0).Select(r => r.Prefix).ShouldBe(["B180", "B181"]);
        AcscChronic.Rows.Where(r => r.RequiresDiagnosis.Count > 0).Select(r => r.Prefix).ShouldBe(["J20"]);
        AcscChronic.Rows.Where(r => r.ExcludesProcedure.Count > 0).Select(r => r.Prefix).ShouldBe(["I50", "I110", "J81", "I130", "I20", "I25", "I10", "I119"]);
        AcscChronic.Rows.Where(r => r.LaterProcedures.Count > 0).Select(r => r.Prefix).ShouldBe(["I50", "I110", "J81", "I130", "I10", "I119"]);
    }

    [Fact]
    public void Acute_bronchitis_counts_only_with_chronic_lung_disease()
    {
        Condition(["J209"]).ShouldBeNull();
        Condition(["J209", "J449"]).ShouldBe("COPD");
        Condition(["J209", "J459"]).ShouldBeNull();
    }

    [Theory]
    [InlineData("21", true)]
    [InlineData("22", true)]
    [InlineData("23", true)]
    [InlineData("24", true)]
    [InlineData("25", true)]
    [InlineData("28", true)]
    [InlineData("2A", true)]
    [InlineData("2B", true)]
    [InlineData("2C", true)]
    [InlineData("2d", true)]
    [InlineData("11", false)]
    [InlineData("26", false)]
    [InlineData("31", false)]
    [InlineData("81", false)]
    [InlineData(null, false)]
    public void Emergency_admission_methods_are_those_of_the_data_dictionary(string? method, bool emergency)
    {
        new Spell(method, null, "1", null, null).IsEmergency.ShouldBe(emergency);
        Condition(["J459"], method: method).ShouldBe(emergency ? "Asthma" : null);
    }

    [Fact]
    public void Other_kinds_classes_transfers_sexes_and_ages_do_not_count()
    {
        new Spell("21", null, "2", null, null).IsEmergency.ShouldBeFalse();
        SampleFacts.Spell("attendance", Guid.Empty, "2026-07-14", null).DataAs<Spell>()!.IsEmergency.ShouldBeTrue();
        (SampleFacts.Spell("attendance", Guid.Empty, "2026-07-14", null) with { Kind = "emergency-attendance" }).DataAs<Spell>().ShouldBeNull();
        Condition(["J459"], source: "51").ShouldBeNull();
        Condition(["J459"], source: "52").ShouldBeNull();
        Condition(["J459"], source: "53").ShouldBeNull();
        Condition(["J459"], source: "19").ShouldBe("Asthma");
        Condition(["J459"], sex: "9").ShouldBeNull();
        Condition(["J459"], sex: null).ShouldBeNull();
        Condition(["J459"], age: 121).ShouldBeNull();
        Condition(["J459"], age: null).ShouldBeNull();
        Condition([]).ShouldBeNull();
    }

    private static string? Condition(
        string[] diagnoses, string[]? procedures = null, DateOnly? day = null, string? method = "21", string? source = "19", string? sex = "2",
        int? age = 71) =>
        new Spell(method, source, "1", diagnoses, procedures).AmbulatoryCareSensitive(sex, age, day ?? Today);
}
