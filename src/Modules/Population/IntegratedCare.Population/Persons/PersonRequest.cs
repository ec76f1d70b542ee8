using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Persons;

/// <summary>A person to register, in bulk or alone, or to amend.</summary>
internal sealed record PersonRequest(
    string? NhsNumber,
    string? FamilyName,
    string? GivenName,
    DateOnly? BirthDate,
    string? Sex,
    string? Practice,
    DateOnly? RegisteredFrom,
    string? EthnicCategory = null,
    string? Lsoa = null,
    double? ImdScore = null,
    int? ImdDecile = null)
{
    private static readonly Rules Explanation = new();

    /// <summary>The faults of the request, for this caller. Written by hand for the bulk path: half a million a minute.</summary>
    public IReadOnlyList<FieldError> Faults(AccessContext access)
    {
        if (!IsValid())
            return [.. Explanation.Validate(this).Errors.Select(e => new FieldError(Pointers.FromPropertyPath(e.PropertyName), e.ErrorMessage))];
        return access.Kind == OrganisationKinds.GeneralPractice && Practice != access.Organisation
            ? [new FieldError("/practice", "A practice registers its own persons only.")] : [];
    }

    public PersonRow ToRow(Guid id)
    {
        _ = Population.NhsNumber.TryParse(NhsNumber, out var number);
        return new PersonRow(id, number, FamilyName!, GivenName!, BirthDate!.Value, Sex!, EthnicCategory, Lsoa, ImdScore, (short?)ImdDecile, Practice!,
            RegisteredFrom!.Value);
    }

    /// <summary>The same rules as one fast check; the validator runs only to explain a failure. A test proves that the two agree.</summary>
    internal bool IsValid() =>
        Population.NhsNumber.IsValid(NhsNumber)
        && IsName(FamilyName) && IsName(GivenName)
        && BirthDate is { Year: >= 1890 } && RegisteredFrom is { } from && from >= BirthDate.Value
        && Codes.Has("sex", Sex) && Codes.IsOrganisation(Practice)
        && (EthnicCategory is null || Codes.Has("ethnicCategory", EthnicCategory))
        && (Lsoa is null || Codes.IsLsoa(Lsoa))
        && ImdScore is null or (>= 0 and <= 100)
        && ImdDecile is null or (>= 1 and <= 10);

    private static bool IsName(string? name) => name is { Length: >= 1 and <= 100 } && !string.IsNullOrWhiteSpace(name) && !name.Contains('\0');

    internal sealed class Rules : RequestRules<PersonRequest>
    {
        public Rules()
        {
            RuleFor(r => r.NhsNumber).Must(Population.NhsNumber.IsValid).WithMessage("A valid NHS number of ten digits.");
            RuleFor(r => r.FamilyName).Must(IsName).WithMessage("Required: 1 to 100 characters.");
            RuleFor(r => r.GivenName).Must(IsName).WithMessage("Required: 1 to 100 characters.");
            RuleFor(r => r.BirthDate).Must(d => d is { Year: >= 1890 }).WithMessage("Required: a date from 1890 on.");
            RuleFor(r => r.RegisteredFrom).Must((r, d) => d is not null && (r.BirthDate is null || d >= r.BirthDate))
                .WithMessage("Required: a date not before birth.");
            RuleFor(r => r.Sex).Must(s => Codes.Has("sex", s)).WithMessage("1, 2, 0 or 9.");
            RuleFor(r => r.Practice).Must(Codes.IsOrganisation).WithMessage("Required: the practice's ODS code.");
            RuleFor(r => r.EthnicCategory).Must(c => c is null || Codes.Has("ethnicCategory", c)).WithMessage("A code of ETHNIC CATEGORY CODE 2001.");
            RuleFor(r => r.Lsoa).Must(c => c is null || Codes.IsLsoa(c)).WithMessage("An LSOA code, such as E01000001.");
            RuleFor(r => r.ImdScore).Must(s => s is null or (>= 0 and <= 100)).WithMessage("Between 0 and 100.");
            RuleFor(r => r.ImdDecile).Must(d => d is null or (>= 1 and <= 10)).WithMessage("1 (most deprived) to 10.");
        }
    }
}
