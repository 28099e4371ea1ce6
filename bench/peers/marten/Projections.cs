using System.Diagnostics;
using JasperFx;
using JasperFx.Events;
using JasperFx.Events.Projections;
using JasperFx.MultiTenancy;
using Marten;
using Marten.Events.Aggregation;
using Npgsql;

/// <summary>A log and one projection of it: for each stream, the number of its events and the sum of their amounts.</summary>
class Projections
{
    readonly IDocumentStore store;
    readonly string login;

    Projections(IDocumentStore store, string login) => (this.store, this.login) = (store, login);

    public static async Task<Projections> Open(Logins logins)
    {
        var store = DocumentStore.For(options =>
        {
            options.Connection(logins.Text);
            options.AutoCreateSchemaObjects = AutoCreate.All;
            options.Events.StreamIdentity = StreamIdentity.AsString;
            options.Events.TenancyStyle = TenancyStyle.Conjoined;
            options.Events.AppendMode = EventAppendMode.Quick;
            options.Policies.AllDocumentsAreMultiTenanted();
            options.Projections.Add<TallyProjection>(ProjectionLifecycle.Async);
        });
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        return new Projections(store, logins.Text);
    }

    public async Task<object> Measure(Func<Projections, Task<long>> work)
    {
        var clock = Stopwatch.StartNew();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var before = await work(this);
        var seconds = clock.Elapsed.TotalSeconds - before / 1_000.0;
        var cpuSeconds = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
        return new { events = await Projected(), seconds, cpuSeconds };
    }

    /// <returns>the milliseconds that are not part of the measurement</returns>
    public async Task<long> Seed(Order order)
    {
        for (var stream = 0; stream < order.Events / order.PerStream; stream++)
        {
            await using var session = store.LightweightSession($"tenant-{stream % order.Tenants}");
            var events = Enumerable.Range(0, order.PerStream).Select(n => (object)new Changed(n, "a text of some length, as events have"));
            session.Events.Append($"order-{stream}", events);
            await session.SaveChangesAsync();
        }
        return 0;
    }

    /// <returns>the milliseconds that are not part of the measurement: those of deleting what was projected</returns>
    public async Task<long> Project()
    {
        var clock = Stopwatch.StartNew();
        // Keeps the high-water mark (how far the log is complete), so that only the projection begins again.
        await Execute("truncate mt_doc_tally; delete from mt_event_progression where name <> 'HighWaterMark'");
        var before = clock.ElapsedMilliseconds;
        using var daemon = await store.BuildProjectionDaemonAsync();
        await daemon.StartAllAsync();
        await daemon.WaitForNonStaleData(TimeSpan.FromMinutes(5));
        await daemon.StopAllAsync();
        return before;
    }

    /// <summary>The number of events that the documents have counted. It shows whether the projection has left out events.</summary>
    async Task<long> Projected() =>
        Convert.ToInt64(await Execute("select coalesce(sum((data ->> 'Count')::int), 0) from mt_doc_tally"));

    async Task<object?> Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(login);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

public record Changed(int Amount, string Text);

public class Tally
{
    public string Id { get; set; } = "";
    public int Count { get; set; }
    public long Sum { get; set; }
}

public partial class TallyProjection : SingleStreamProjection<Tally, string>
{
    public void Apply(Changed changed, Tally tally)
    {
        tally.Count++;
        tally.Sum += changed.Amount;
    }
}
