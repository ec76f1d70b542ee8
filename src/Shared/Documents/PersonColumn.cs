namespace IntegratedCare.Shared.Documents;

/// <summary>A column that holds a person's id, and what moves it when two registered persons turn out to be one and are merged, or a merge is undone.</summary>
/// <param name="Column">Table and column: <c>fact.person_id</c>.</param>
/// <param name="FollowedBy">The reaction of this module that will move it; or, after <see cref="Stays"/>, why nothing does.</param>
public sealed record PersonColumn(string Column, string FollowedBy)
{
    /// <summary>Begins the reason of a column that keeps the id it was written with.</summary>
    public const string Stays = "stays: ";

    /// <summary>The reaction to a merge, in modules that do not have it yet.</summary>
    public const string Merge = "OnPersonMerged";

    /// <summary>The column that every module has.</summary>
    public static readonly PersonColumn Audit = new("audit.persons", Stays + "the audit says under which id a person was read");
}
