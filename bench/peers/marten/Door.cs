using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

/// <summary>The same store over HTTP: one process, no proxy, no tokens. What a .NET team would write in an hour.</summary>
static class Door
{
    public static async Task<object> Serve(Works works)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/{tenant}/streams/{stream}/events", async (string tenant, string stream, NewEvent body) =>
        {
            await works.AppendOne(tenant, stream, body.Data);
            return Results.Created($"/{tenant}/streams/{stream}/events", new { stream });
        });
        app.MapGet("/{tenant}/streams/{stream}/events", async (string tenant, string stream) =>
        {
            var events = await works.ReadWhole(tenant, stream, 100);
            return Results.Json(new
            {
                events = events.Select(e => new { id = e.Id, streamId = e.StreamKey, version = e.Version, type = e.EventTypeName, time = e.Timestamp, data = e.Data }),
            });
        });
        await app.StartAsync();
        return new { url = app.Urls.First(), pid = Environment.ProcessId };
    }
}

public record NewEvent(string Type, OrderPlaced Data);
