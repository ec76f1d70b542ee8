using System.Security.Cryptography;
using System.Text;

namespace IntegratedCare.Shared.Access;

/// <summary>A stable stand-in for a person, different for each organisation, so that two partners cannot join their rows.</summary>
public sealed class Pseudonyms(byte[] key)
{
    /// <summary>Tells one key from another, and nothing of either.</summary>
    public string Fingerprint => Convert.ToHexStringLower(HMACSHA256.HashData(key, "the key of this database"u8));

    public string Of(Guid person, string organisation) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{organisation}:{person}")).AsSpan(0, 16));
}
