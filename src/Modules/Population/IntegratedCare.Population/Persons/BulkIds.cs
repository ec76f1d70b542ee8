using System.Security.Cryptography;

namespace IntegratedCare.Population.Persons;

/// <summary>Version 7 ids for a bulk body. Random bits are fetched for many ids at once: fetching them for one takes longer than reading its line.</summary>
internal sealed class BulkIds
{
    private const int BatchSize = 256;
    private const int RandomBytes = 10;
    private readonly byte[] _random = new byte[BatchSize * RandomBytes];
    private readonly byte[] _id = new byte[16];
    private int _used = BatchSize;

    public Guid Next()
    {
        if (_used == BatchSize)
        {
            RandomNumberGenerator.Fill(_random);
            Guid.CreateVersion7().TryWriteBytes(_id, bigEndian: true, out _);
            _used = 0;
        }

        // After the time (RFC 9562): 4 bits of version, 12 random, 2 of variant, 62 random.
        _random.AsSpan(RandomBytes * _used++, RandomBytes).CopyTo(_id.AsSpan(6));
        _id[6] = (byte)(0x70 | (_id[6] & 0x0F));
        _id[8] = (byte)(0x80 | (_id[8] & 0x3F));
        return new Guid(_id, bigEndian: true);
    }
}
