/// <summary>
/// The event of bench/stage/payload.ts: the same values, so the same bytes within a few. What is metadata there is a member
/// here: that costs Marten less than its headers, which are one more column.
/// </summary>
public record OrderPlaced(string OrderId, Customer Customer, double Amount, string Currency, OrderLine[] Lines, string Note, Origin Metadata);
public record OrderShipped(string OrderId, Customer Customer, double Amount, string Currency, OrderLine[] Lines, string Note, Origin Metadata);
public record Customer(string Id, string City);
public record OrderLine(string Sku, int Quantity, double Price);
public record Origin(string User, string Device, string Session, string Build);

static class Payload
{
    static readonly string[] Cities = ["Lisbon", "Tartu", "Graz", "Lyon", "Porto", "Gdansk", "Bergen", "Turin"];

    public static object Make(long number)
    {
        var id = $"order-{number}";
        var customer = new Customer($"customer-{number % 9_973}", Cities[number % Cities.Length]);
        var amount = number % 100_000 / 100.0;
        OrderLine[] lines = [new($"sku-{number % 811}", (int)(number % 5) + 1, 12.5), new($"sku-{number % 733}", 1, 7.25)];
        const string Note = "Leave it with the neighbours on the second floor if nobody opens, please.";
        var origin = new Origin($"user-{number % 499}", "web", $"session-{number % 99_991}", "2026.11.3");
        return number % 4 == 0
            ? new OrderShipped(id, customer, amount, "EUR", lines, Note, origin)
            : new OrderPlaced(id, customer, amount, "EUR", lines, Note, origin);
    }
}
