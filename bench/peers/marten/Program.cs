// Marten as a peer of the benchmarks. Each line of JSON on standard input is an order, and each order is answered by a
// line. Arguments: the connection string of a database that nothing else uses, and the number of pooled connections.
//   seed     writes a log for the projection: stream n is one append of tenant n modulo the number of tenants
//   project  deletes what was projected (not measured), and projects the whole log with the asynchronous daemon
//   fill     writes the streams that are read
//   append   appends for some time, with so many callers at once; mode: quick or rich
//   read     reads whole streams for some time
//   serve    answers the same appends and reads over HTTP until the program ends, and says where
using System.Text.Json;

var logins = new Logins(args[0], int.Parse(args[1]));
Projections? projections = null;
Works? quick = null, rich = null;

while (Console.ReadLine() is { } line)
{
    var order = JsonSerializer.Deserialize<Order>(line, JsonSerializerOptions.Web)!;
    object answer = order.Work switch
    {
        "seed" => await OfProjections(seen => seen.Seed(order)),
        "project" => await OfProjections(seen => seen.Project()),
        "fill" => await (await OfWorks("quick")).Fill(order),
        "append" => await (await OfWorks(order.Mode)).Append(order),
        "read" => await (await OfWorks(order.Mode)).Read(order),
        "serve" => await Door.Serve(await OfWorks("quick")),
        _ => throw new ArgumentException($"unknown work: {order.Work}"),
    };
    Console.WriteLine(JsonSerializer.Serialize(answer, JsonSerializerOptions.Web));
}

async Task<object> OfProjections(Func<Projections, Task<long>> work)
{
    projections ??= await Projections.Open(logins);
    return await projections.Measure(work);
}

async Task<Works> OfWorks(string mode) =>
    mode == "rich" ? rich ??= await Works.Open(logins, isQuick: false) : quick ??= await Works.Open(logins, isQuick: true);

/// <summary>An order. Each work reads the members that it needs.</summary>
record Order(string Work, string Mode = "quick", int Tenants = 64, int Events = 1, int PerStream = 1, int Streams = 1,
    int Callers = 1, int TurnMs = 1, bool IsHot = false);

/// <summary>The pool keeps its connections, as ours does: none is opened while something is measured.</summary>
record Logins(string Text, int Connections)
{
    public string Pooled => $"{Text};Minimum Pool Size={Connections};Maximum Pool Size={Connections}";
}
