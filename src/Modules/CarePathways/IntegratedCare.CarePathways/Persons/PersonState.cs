namespace IntegratedCare.CarePathways.Persons;

/// <summary>A person's death and high-risk status as last published, with the versions of those events.</summary>
internal sealed record PersonState(Guid PersonId, DateOnly? DiedOn, long DeathVersion, long HighRiskVersion);
