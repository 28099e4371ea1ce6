// What a service written in C# does with the two queues, by the SDK of .NET as it is. Each line that it prints is held
// against a list (expected-lines.ts). It ends with the exit code 1 at the first thing that is not as it should be.
using Azure.Messaging.ServiceBus;

var connectionString = Environment.GetEnvironmentVariable("SERVICE_BUS")
    ?? throw new InvalidOperationException("SERVICE_BUS is not set");
var wait = TimeSpan.FromSeconds(20);
var moment = TimeSpan.FromMilliseconds(500);
var run = Guid.NewGuid().ToString("N");

await using var client = new ServiceBusClient(connectionString);

// A queue without sessions that drops duplicates.
var nudges = client.CreateSender("trickle-nudges");
var message = new ServiceBusMessage("wake up")
{
    MessageId = $"{run}-1",
    Subject = "Nudge",
    ContentType = "text/plain",
    CorrelationId = "cause",
    ApplicationProperties = { ["tenant"] = "acme", ["attempt"] = 1, ["share"] = 0.5, ["late"] = false },
};
await nudges.SendMessageAsync(message);
await nudges.SendMessageAsync(message);
using (var batch = await nudges.CreateMessageBatchAsync())
{
    for (var number = 2; number <= 4; number++)
        Expect(batch.TryAddMessage(new ServiceBusMessage($"number {number}") { MessageId = $"{run}-{number}" }));
    await nudges.SendMessagesAsync(batch);
}
Say("sent one twice, and a batch of three");

var receiver = client.CreateReceiver("trickle-nudges");
Say($"looked at {(await receiver.PeekMessagesAsync(10)).Count(peeked => peeked.MessageId.StartsWith(run))}");

var received = new List<ServiceBusReceivedMessage>();
while (received.Count < 4) received.AddRange(await receiver.ReceiveMessagesAsync(4 - received.Count, wait));
var first = received[0];
Expect(first.Body.ToString() == "wake up" && first.Subject == "Nudge" && first.ContentType == "text/plain");
Expect((string)first.ApplicationProperties["tenant"] == "acme" && (int)first.ApplicationProperties["attempt"] == 1);
Expect((double)first.ApplicationProperties["share"] == 0.5 && !(bool)first.ApplicationProperties["late"]);
Expect(first.DeliveryCount == 1 && first.TimeToLive == TimeSpan.FromMinutes(5) && first.SequenceNumber > 0);
Say($"received {received.Count}, each once");

var before = first.LockedUntil;
await receiver.RenewMessageLockAsync(first);
Expect(first.LockedUntil > before);
await receiver.CompleteMessageAsync(first);
await receiver.AbandonMessageAsync(received[1], new Dictionary<string, object> { ["why"] = "not now" });
await receiver.DeadLetterMessageAsync(received[2], "Malformed", "it has no tenant");
await receiver.CompleteMessageAsync(received[3]);
Say("renewed, completed, abandoned and dead-lettered");

var again = await receiver.ReceiveMessageAsync(wait);
Expect(again.DeliveryCount == 2 && (string)again.ApplicationProperties["why"] == "not now");
await receiver.CompleteMessageAsync(again);
Expect(await receiver.ReceiveMessageAsync(moment) is null);
// Closed, since an open one that has waited in vain may still be sent the next message.
await receiver.CloseAsync();
var deadLetters = client.CreateReceiver("trickle-nudges", new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
var dead = await deadLetters.ReceiveMessageAsync(wait);
Say($"dead letter: {dead.DeadLetterReason}, {dead.DeadLetterErrorDescription}, of {dead.DeadLetterSource}");
await deadLetters.CompleteMessageAsync(dead);

// By a processor, which completes what its handler did and abandons what it threw at.
await nudges.SendMessagesAsync([new("good") { MessageId = $"{run}-5" }, new("bad") { MessageId = $"{run}-6" }]);
var handled = new List<string>();
var all = new TaskCompletionSource();
await using (var processor = client.CreateProcessor("trickle-nudges"))
{
    processor.ProcessErrorAsync += _ => Task.CompletedTask;
    processor.ProcessMessageAsync += handling =>
    {
        lock (handled)
        {
            handled.Add($"{handling.Message.Body} {handling.Message.DeliveryCount}");
            if (handled.Count == 3) all.TrySetResult();
        }
        return handling.Message is { DeliveryCount: 1 } && handling.Message.Body.ToString() == "bad"
            ? throw new InvalidOperationException("not now")
            : Task.CompletedTask;
    };
    await processor.StartProcessingAsync();
    await all.Task.WaitAsync(wait);
    await processor.StopProcessingAsync();
}
handled.Sort(StringComparer.Ordinal);
Say($"processed {string.Join(", ", handled)}");

// A queue with sessions.
var commands = client.CreateSender("trickle-commands");
await commands.SendMessagesAsync(
    Enumerable.Range(1, 6).Select(number => new ServiceBusMessage($"{number}")
    {
        MessageId = $"{run}-c{number}",
        SessionId = $"{run}-{number % 2}",
    }));
try
{
    await commands.SendMessageAsync(new ServiceBusMessage("no session"));
    Say("a message without a session was taken");
}
catch (InvalidOperationException)
{
    Say("a message without a session is refused");
}

var odd = await client.AcceptNextSessionAsync("trickle-commands");
var even = await client.AcceptSessionAsync("trickle-commands", $"{run}-0");
Expect(odd.SessionId == $"{run}-1");
try
{
    await client.AcceptSessionAsync("trickle-commands", odd.SessionId);
    Say("a session had two holders");
}
catch (ServiceBusException refused) when (refused.Reason == ServiceBusFailureReason.SessionCannotBeLocked)
{
    Say("a session has one holder");
}
var lockedUntil = odd.SessionLockedUntil;
await odd.RenewSessionLockAsync();
Expect(odd.SessionLockedUntil > lockedUntil);
Say($"odd {await FinishAsync(odd)}");
Say($"even {await FinishAsync(even)}");

try
{
    await client.CreateSender("nowhere").SendMessageAsync(new ServiceBusMessage("x"));
}
catch (ServiceBusException missing) when (missing.Reason == ServiceBusFailureReason.MessagingEntityNotFound)
{
    Say("a queue that there is not is refused");
}

async Task<string> FinishAsync(ServiceBusSessionReceiver session)
{
    var bodies = new List<string>();
    while (bodies.Count < 3)
        foreach (var one in await session.ReceiveMessagesAsync(3 - bodies.Count, wait))
        {
            bodies.Add(one.Body.ToString());
            await session.CompleteMessageAsync(one);
        }
    await session.CloseAsync();
    return string.Join(" ", bodies);
}

static void Say(string line) => Console.WriteLine(line);

static void Expect(bool isSo, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(isSo))] string? what = null)
{
    if (!isSo) throw new InvalidOperationException($"not so: {what}");
}
