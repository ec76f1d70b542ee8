using FluentValidation;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Places;

/// <summary>A place to register or amend, with all members.</summary>
internal sealed record PlaceRequest(string? Code, string? Name, string? Level, string? Parent = null, IReadOnlyList<PracticeInPlace>? Practices = null)
{
    // The default is the first day of the NHS.
    public IReadOnlyList<PlacePractice> Memberships() =>
        [.. (Practices ?? []).Select(p => new PlacePractice(p.Practice!, p.From ?? new DateOnly(1948, 7, 5), p.To))];

    internal sealed class Rules : RequestRules<PlaceRequest>
    {
        private const string CodePattern = "^[A-Z0-9][A-Z0-9-]{1,29}$";
        private const string CodeMessage = "2 to 30 capitals, digits and dashes.";

        public Rules()
        {
            RuleFor(r => r.Code).NotEmpty().Matches(CodePattern).WithMessage(CodeMessage).Must(IsOneLine).WithMessage(CodeMessage);
            RuleFor(r => r.Name).Line(200);
            RuleFor(r => r.Level).NotEmpty().Must(l => l is null or Place.SystemLevel or Place.PlaceLevel or Place.LocalityLevel)
                .WithMessage("system, place or locality.");
            RuleFor(r => r.Parent).Matches(CodePattern).WithMessage(CodeMessage).Must(IsOneLine).WithMessage(CodeMessage);
            RuleFor(r => r.Practices).Must(p => p is null || p.Count <= 1000).WithMessage("At most 1,000.");
            RuleForEach(r => r.Practices).ChildRules(practice =>
            {
                practice.RuleFor(p => p.Practice).NotEmpty().Must(c => c is null || Codes.IsOrganisation(c)).WithMessage("An ODS code.");
                practice.RuleFor(p => p.To).Must((p, to) => to is null || p.From is null || to > p.From).WithMessage("After from.");
            });
        }

        /// <summary>In .NET the pattern's end also matches before a last line feed.</summary>
        private static bool IsOneLine(string? code) => code?.EndsWith('\n') != true;
    }
}

/// <param name="From">First day; from the beginning when absent.</param>
/// <param name="To">The first day on which it no longer holds.</param>
internal sealed record PracticeInPlace(string? Practice, DateOnly? From = null, DateOnly? To = null);
