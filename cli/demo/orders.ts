import { dayMs, hourMs, minuteMs, type Story } from './story.ts'

const articles = [
  { sku: 'LAMP-02', title: 'Reading lamp', unitPriceCents: 3_990 },
  { sku: 'MUG-11', title: 'Stoneware mug', unitPriceCents: 1_450 },
  { sku: 'DESK-01', title: 'Standing desk', unitPriceCents: 38_900 },
  { sku: 'NOTE-07', title: 'Notebook, dotted', unitPriceCents: 895 },
  { sku: 'BAG-05', title: 'Canvas bag', unitPriceCents: 5_600 },
  { sku: 'TEA-03', title: 'Green tea, 250 g', unitPriceCents: 1_180 },
] as const

/** An order in a shop: paid or not, shipped, now and then sent back. */
export function tellOrder(story: Story): void {
  const { random } = story
  const customer = `customer-${random.whole(1, 400)}`
  const lines = Array.from({ length: random.whole(1, 4) }, () => ({
    ...random.pick(articles),
    quantity: random.whole(1, 3),
  }))
  const totalCents = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0)
  story.happen('placed', { customer, lines, totalCents, currency: 'EUR' }, customer)
  if (random.chance(0.08)) {
    story
      .pass(minuteMs, 3 * minuteMs)
      .happen('payment-failed', { reason: random.pick(['declined', 'expired card']) }, 'payments')
    if (random.chance(0.5)) {
      story.pass(hourMs, dayMs).happen('cancelled', { reason: 'not paid' }, 'payments')
      return
    }
  }
  const method = random.pick(['card', 'invoice', 'wallet'])
  story.pass(20_000, 10 * minuteMs).happen('paid', { method, amountCents: totalCents }, 'payments')
  story.pass(hourMs, 20 * hourMs).happen('packed', { parcels: random.whole(1, 2) }, 'warehouse')
  const carrier = random.pick(['DHL', 'UPS', 'PostNord'])
  story
    .pass(hourMs, 8 * hourMs)
    .happen('shipped', { carrier, trackingNumber: random.hex(10).toUpperCase() }, 'warehouse')
  story.pass(dayMs, 4 * dayMs).happen('delivered', { carrier }, 'carrier')
  if (!random.chance(0.07)) return
  story
    .pass(dayMs, 10 * dayMs)
    .happen('returned', { reason: random.pick(['too small', 'damaged', 'changed my mind']) }, customer)
  story.pass(hourMs, 2 * dayMs).happen('refunded', { amountCents: totalCents }, 'payments')
}
