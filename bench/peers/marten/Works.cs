using System.Diagnostics;
using JasperFx;
using JasperFx.Events;
using JasperFx.MultiTenancy;
using Marten;
using Npgsql;

/// <summary>Appends and reads of one store, each under a closed-loop load as in bench/measure/load.ts.</summary>
class Works
{
    /// <summary>As in bench/stage/append-load.ts: callers seldom meet on a stream, and most streams exist already.</summary>
    const int AppendStreams = 12_800, Stride = 7_919;

    readonly IDocumentStore store;
    long number;

    Works(IDocumentStore store) => this.store = store;

    public static async Task<Works> Open(Logins logins, bool isQuick)
    {
        var store = DocumentStore.For(options =>
        {
            options.Connection(logins.Pooled);
            options.DatabaseSchemaName = isQuick ? "quick" : "rich";
            options.AutoCreateSchemaObjects = AutoCreate.All;
            options.Events.StreamIdentity = StreamIdentity.AsString;
            options.Events.TenancyStyle = TenancyStyle.Conjoined;
            options.Events.AppendMode = isQuick ? EventAppendMode.Quick : EventAppendMode.Rich;
            options.Events.AddEventTypes([typeof(OrderPlaced), typeof(OrderShipped)]);
        });
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        return new Works(store);
    }

    public async Task<object> Fill(Order order)
    {
        var clock = Stopwatch.StartNew();
        for (var stream = 0; stream < order.Streams; stream++)
            await AppendTo(TenantOf(stream, order), $"stored-{stream}", order.PerStream);
        return new { seconds = clock.Elapsed.TotalSeconds };
    }

    public Task<object> Append(Order order) => Load(order, () =>
    {
        var stream = order.IsHot ? 0 : Interlocked.Increment(ref number) * Stride % AppendStreams;
        return AppendTo(TenantOf(stream, order), order.IsHot ? "hot" : $"order-{stream}", order.Events);
    });

    public Task<object> Read(Order order) => Load(order, async () =>
    {
        var stream = Interlocked.Increment(ref number) % order.Streams;
        await ReadWhole(TenantOf(stream, order), $"stored-{stream}", order.PerStream);
    });

    public async Task AppendTo(string tenant, string stream, int events)
    {
        var first = Interlocked.Increment(ref number) * events;
        await using var session = store.LightweightSession(tenant);
        session.Events.Append(stream, Enumerable.Range(0, events).Select(n => Payload.Make(first + n)).ToArray());
        await session.SaveChangesAsync();
    }

    public async Task AppendOne(string tenant, string stream, object data)
    {
        await using var session = store.LightweightSession(tenant);
        session.Events.Append(stream, data);
        await session.SaveChangesAsync();
    }

    public async Task<IReadOnlyList<IEvent>> ReadWhole(string tenant, string stream, int count)
    {
        await using var session = store.QuerySession(tenant);
        var events = await session.Events.FetchStreamAsync(stream);
        if (events.Count != count) throw new InvalidOperationException($"a read gave {events.Count} events instead of {count}");
        return events;
    }

    static string TenantOf(long stream, Order order) => $"tenant-{stream % order.Tenants}";

    /// <summary>
    /// A caller that is refused because another append came first tries again at once. Any other failure ends the
    /// program: failed calls are fast, and would make the rate look better.
    /// </summary>
    static async Task<object> Load(Order order, Func<Task> work)
    {
        GC.Collect();
        long calls = 0, conflicts = 0;
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, order.Callers).Select(_ => Task.Run(async () =>
        {
            while (clock.ElapsedMilliseconds < order.TurnMs)
            {
                try
                {
                    await work();
                    Interlocked.Increment(ref calls);
                }
                catch (Exception error) when (IsConflict(error))
                {
                    Interlocked.Increment(ref conflicts);
                }
            }
        })));
        var cpuSeconds = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
        return new { calls, conflicts, seconds = clock.Elapsed.TotalSeconds, cpuSeconds };
    }

    /// <summary>A unique violation: two first appends to a stream, or two appends with the same version, met.</summary>
    static bool IsConflict(Exception error) =>
        error is JasperFx.Events.ExistingStreamIdCollisionException or Marten.Exceptions.ExistingStreamIdCollisionException
            or ConcurrencyException or EventStreamUnexpectedMaxEventIdException
        || error.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };
}
