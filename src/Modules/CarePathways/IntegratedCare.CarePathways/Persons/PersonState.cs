namespace IntegratedCare.CarePathways.Persons;

/// <summary>What events last said of a person's death and place on the high-risk register, with the versions they said it in.</summary>
internal sealed record PersonState(Guid PersonId, DateOnly? DiedOn, long DeathVersion, long HighRiskVersion);
