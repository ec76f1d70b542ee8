using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <summary>Of every document type there is: nobody saves an existing one but over the version they have read.</summary>
public sealed class DocumentVersionTests(TestApp app) : IClassFixture<TestApp>
{
    private static readonly List<Type> Types =
    [
        .. ModuleOnDisk.All.SelectMany(m => m.Assembly.GetTypes()).Where(t => t.IsSubclassOf(typeof(Document)) && !t.IsAbstract).OrderBy(t => t.FullName),
    ];

    public static TheoryData<string> Documents => [.. Types.Select(t => t.FullName!)];

    [Theory]
    [MemberData(nameof(Documents))]
    public Task Of_two_who_save_the_same_version_one_is_refused(string type) => RunAsync(nameof(TwiceAsync), type);

    [Theory]
    [MemberData(nameof(Documents))]
    public Task What_another_has_deleted_does_not_come_back(string type) => RunAsync(nameof(DeletedAsync), type);

    [Theory]
    [MemberData(nameof(Documents))]
    public Task What_was_never_read_is_not_saved_over_what_is_there(string type) => RunAsync(nameof(NeverReadAsync), type);

    [Theory]
    [MemberData(nameof(Documents))]
    public Task What_another_has_saved_is_not_deleted_unread(string type) => RunAsync(nameof(DeletedUnreadAsync), type);

    [Theory]
    [MemberData(nameof(Documents))]
    public Task A_version_of_a_save_that_was_rolled_back_counts_for_nothing(string type) => RunAsync(nameof(RolledBackAsync), type);

    [Theory]
    [MemberData(nameof(Documents))]
    public Task A_session_whose_write_has_failed_saves_nothing_more(string type) => RunAsync(nameof(FailedAsync), type);

    [Fact]
    public void Nobody_chooses_a_version() => typeof(Document).GetProperty(nameof(Document.Version))!.SetMethod!.IsPrivate.ShouldBeTrue();

    private async Task TwiceAsync<T>(Func<ModuleSession> open) where T : Document
    {
        var id = await InsertAsync<T>(open);
        await using var first = open();
        await using var second = open();
        first.Update((await first.FindAsync<T>(id, default))!);
        second.Update((await second.FindAsync<T>(id, default))!);
        await first.SaveChangesAsync();
        await Should.ThrowAsync<JasperFx.ConcurrencyException>(second.SaveChangesAsync());
        await using var reader = open();
        (await reader.FindAsync<T>(id, default))!.Version.ShouldBe(2);
    }

    private async Task DeletedAsync<T>(Func<ModuleSession> open) where T : Document
    {
        var id = await InsertAsync<T>(open);
        await using var first = open();
        await using var second = open();
        first.Delete((await first.FindAsync<T>(id, default))!);
        second.Update((await second.FindAsync<T>(id, default))!);
        await first.SaveChangesAsync();
        await Should.ThrowAsync<JasperFx.ConcurrencyException>(second.SaveChangesAsync());
        await using var reader = open();
        (await reader.FindAsync<T>(id, default)).ShouldBeNull();
    }

    private async Task DeletedUnreadAsync<T>(Func<ModuleSession> open) where T : Document
    {
        var id = await InsertAsync<T>(open);
        await using var first = open();
        await using var second = open();
        var stale = (await second.FindAsync<T>(id, default))!;
        Should.Throw<InvalidOperationException>(() => second.Insert(stale));
        first.Update((await first.FindAsync<T>(id, default))!);
        await first.SaveChangesAsync();
        second.Delete(stale);
        second.Insert(Sample<T>() with { Id = id });
        await Should.ThrowAsync<JasperFx.ConcurrencyException>(second.SaveChangesAsync());
        await using var reader = open();
        (await reader.FindAsync<T>(id, default))!.Version.ShouldBe(2);
    }

    private async Task RolledBackAsync<T>(Func<ModuleSession> open) where T : Document
    {
        var id = await InsertAsync<T>(open);
        await using var held = open();
        var saved = (await held.FindAsync<T>(id, default))!;
        await held.HoldAsync();
        held.Update(saved);
        await held.FlushAsync(default);
        var between = saved with { };
        held.Update(saved);
        await held.FlushAsync(default);
        var after = saved with { };
        T[] reread =
        [
            (await held.FindAsync<T>(id, default))!, (await held.FirstOrDefaultAsync<T>(d => d.Id == id, default))!,
            .. await held.SelectAsync<T>("where d.id = ?", default, id), .. await held.FindManyAsync<T>([id], default),
            .. await held.ListAsync<T>(all => all.Where(d => d.Id == id), default),
        ];
        reread.Length.ShouldBe(5);
        await held.RollbackHeldAsync();
        foreach (var document in (T[])[saved, between, after, .. reread])
            Should.Throw<InvalidOperationException>(() => held.Update(document));

        // What was never written is as good as before.
        var original = (await held.FindAsync<T>(id, default))!;
        await held.HoldAsync();
        held.Update(original with { });
        await held.RollbackHeldAsync();
        held.Update(original);
        await held.SaveChangesAsync();
        original.Version.ShouldBe(2);

        var abandoned = open();
        var read = (await abandoned.FindAsync<T>(id, default))!;
        abandoned.Update(read);
        await abandoned.FlushAsync(default);
        await abandoned.DisposeAsync();
        await using var later = open();
        Should.Throw<InvalidOperationException>(() => later.Update(read));
    }

    private async Task FailedAsync<T>(Func<ModuleSession> open) where T : Document
    {
        var (id, other) = (await InsertAsync<T>(open), await InsertAsync<T>(open));
        var session = open();
        var read = (await session.FindAsync<T>(id, default))!;
        session.Update(read);
        session.Insert(Sample<T>() with { Id = other });
        await Should.ThrowAsync<Exception>(session.FlushAsync(default));
        // The write is rolled back whatever the session says: a commit that seemed to succeed would leave a version that is nobody's.
        await Should.ThrowAsync<InvalidOperationException>(session.SaveChangesAsync());
        await session.DisposeAsync();
        await using var later = open();
        Should.Throw<InvalidOperationException>(() => later.Update(read));

        // Of two sessions with one instance, the one whose version the other has lost does not save.
        await using var first = open();
        var shared = (await first.FindAsync<T>(id, default))!;
        first.Update(shared);
        var second = open();
        second.Update(shared);
        await second.FlushAsync(default);
        await second.DisposeAsync();
        await Should.ThrowAsync<InvalidOperationException>(first.SaveChangesAsync());
        await using var reader = open();
        (await reader.FindAsync<T>(id, default))!.Version.ShouldBe(1);
    }

    private async Task NeverReadAsync<T>(Func<ModuleSession> open) where T : Document
    {
        var id = await InsertAsync<T>(open);
        await using var session = open();
        Should.Throw<InvalidOperationException>(() => session.Update(Sample<T>() with { Id = id }));
        session.Insert(Sample<T>() with { Id = id });
        await Should.ThrowAsync<JasperFx.DocumentAlreadyExistsException>(session.SaveChangesAsync());

        // Nor does the version of one document save another under it.
        var otherId = await InsertAsync<T>(open);
        await using var third = open();
        var other = (await third.FindAsync<T>(otherId, default))!;
        Should.Throw<InvalidOperationException>(() => third.Update(other with { Id = id }));
        await using var reader = open();
        (await reader.FindAsync<T>(id, default))!.Version.ShouldBe(1);
    }

    private static async Task<Guid> InsertAsync<T>(Func<ModuleSession> open) where T : Document
    {
        var sample = Sample<T>();
        await using var session = open();
        session.Insert(sample);
        await session.SaveChangesAsync();
        return sample.Id;
    }

    private async Task RunAsync(string method, string name)
    {
        var type = Types.Single(t => t.FullName == name);
        var session = type.Assembly.GetTypes().Single(t => t.IsSubclassOf(typeof(ModuleSession)));
        var sessions = app.Services.GetRequiredService(typeof(ModuleSessions<>).MakeGenericType(session));
        var open = sessions.GetType().GetMethod("Open")!.CreateDelegate<Func<ModuleSession>>(sessions);
        await (Task)GetType().GetMethod(method, BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(type).Invoke(this, [open])!;
    }

    private static T Sample<T>() where T : Document => (T)Sample(typeof(T), 0)!;

    /// <summary>A value of any type: texts and ids are new, lists empty, and the rest is as it is by default.</summary>
    private static object? Sample(Type type, int depth)
    {
        if (type == typeof(string))
            return Guid.CreateVersion7().ToString();
        if (type == typeof(Guid))
            return Guid.CreateVersion7();
        if (type == typeof(DateTimeOffset))
            return DateTimeOffset.UnixEpoch;
        if (Nullable.GetUnderlyingType(type) is not null || depth > 4)
            return null;
        if (type.IsValueType)
            return RuntimeHelpers.GetUninitializedObject(type);
        if (type.IsArray)
            return Array.CreateInstance(type.GetElementType()!, 0);
        if (type.IsAssignableTo(typeof(IEnumerable)) && type.IsInterface)
        {
            var arguments = type.GetGenericArguments();
            return Activator.CreateInstance((arguments.Length == 2 ? typeof(Dictionary<,>) : typeof(List<>)).MakeGenericType(arguments));
        }

        var constructor = type.GetConstructors().Where(c => c.GetParameters().All(p => p.ParameterType != type)).MaxBy(c => c.GetParameters().Length)!;
        var sample = constructor.Invoke([.. constructor.GetParameters().Select(p => Sample(p.ParameterType, depth + 1))]);
        foreach (var required in type.GetProperties().Where(p => p.IsDefined(typeof(RequiredMemberAttribute))))
            required.SetValue(sample, Sample(required.PropertyType, depth + 1));
        return sample;
    }
}
