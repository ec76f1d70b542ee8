using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.CarePathways.Storage;

internal static class People
{
    /// <summary>The state of these persons; those not heard of yet begin with nothing.</summary>
    public static async Task<Dictionary<Guid, PersonState>> LoadAsync(CarePathwaysDb db, Guid[] ids, CancellationToken ct)
    {
        var known = await db.Persons.Where(p => ids.Contains(p.PersonId)).ToDictionaryAsync(p => p.PersonId, ct);
        foreach (var id in ids.Where(id => !known.ContainsKey(id)))
        {
            var person = new PersonState { PersonId = id };
            db.Persons.Add(person);
            known.Add(id, person);
        }

        return known;
    }
}
