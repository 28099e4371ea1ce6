// Marten as a peer of the benchmarks. Each line of JSON on standard input is an order; each order is answered by a
// line. Argument: the connection string of a database that nothing else uses. Orders: seed     writes a log: stream n,
// of ten events, is one append of tenant n modulo the number of tenants project  deletes what was projected (not
// measured), and projects the whole log with the asynchronous daemon
using System.Diagnostics;
using System.Text.Json;
using JasperFx;
using JasperFx.Events;
using JasperFx.Events.Projections;
using JasperFx.MultiTenancy;
using Marten;
using Marten.Events.Aggregation;
using Marten.Storage;
using Npgsql;

var store = DocumentStore.For(options =>
{
    options.Connection(args[0]);
    options.AutoCreateSchemaObjects = AutoCreate.All;
    options.Events.StreamIdentity = StreamIdentity.AsString;
    options.Events.TenancyStyle = TenancyStyle.Conjoined;
    options.Events.AppendMode = EventAppendMode.Quick;
    options.Policies.AllDocumentsAreMultiTenanted();
    options.Projections.Add<TallyProjection>(ProjectionLifecycle.Async);
});
await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();

while (Console.ReadLine() is { } line)
{
    var ask = JsonSerializer.Deserialize<Ask>(line, JsonSerializerOptions.Web)!;
    if (ask.Work == "project") await Forget();
    var clock = Stopwatch.StartNew();
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
    if (ask.Work == "seed") await Seed(ask);
    else await Project();
    var seconds = clock.Elapsed.TotalSeconds;
    var cpuSeconds = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
    Console.WriteLine(JsonSerializer.Serialize(new { events = await Projected(), seconds, cpuSeconds }));
}

async Task Seed(Ask ask)
{
    for (var stream = 0; stream < ask.Events / ask.PerStream; stream++)
    {
        await using var session = store.LightweightSession($"tenant-{stream % ask.Tenants}");
        session.Events.Append($"order-{stream}", Enumerable.Range(0, ask.PerStream).Select(n => (object)new Changed(n, "a text of some length, as events have")));
        await session.SaveChangesAsync();
    }
}

async Task Project()
{
    using var daemon = await store.BuildProjectionDaemonAsync();
    await daemon.StartAllAsync();
    await daemon.WaitForNonStaleData(TimeSpan.FromMinutes(5));
    await daemon.StopAllAsync();
}

// Keeps the high-water mark (how far the log is complete), so that only the projection begins again.
async Task Forget() =>
    await Execute("truncate mt_doc_tally; delete from mt_event_progression where name <> 'HighWaterMark'");

// The number of events that the documents have counted. It shows whether the projection has left out events.
async Task<long> Projected() =>
    Convert.ToInt64(await Execute("select coalesce(sum((data ->> 'Count')::int), 0) from mt_doc_tally"));

async Task<object?> Execute(string sql)
{
    await using var connection = new NpgsqlConnection(args[0]);
    await connection.OpenAsync();
    await using var command = new NpgsqlCommand(sql, connection);
    return await command.ExecuteScalarAsync();
}

record Ask(string Work, int Tenants, int Events, int PerStream);
public record Changed(int Amount, string Text);
public class Tally { public string Id { get; set; } = ""; public int Count { get; set; } public long Sum { get; set; } }
public partial class TallyProjection : SingleStreamProjection<Tally, string>
{
    public void Apply(Changed changed, Tally tally) { tally.Count++; tally.Sum += changed.Amount; }
}
