import { DAY_MS, HOUR_MS, MINUTE_MS } from './story.ts'
import type { Story } from './story.ts'

const articles = [
  { sku: 'LAMP-02', title: 'Reading lamp', unitPriceCents: 3_990 },
  { sku: 'MUG-11', title: 'Stoneware mug', unitPriceCents: 1_450 },
  { sku: 'DESK-01', title: 'Standing desk', unitPriceCents: 38_900 },
  { sku: 'NOTE-07', title: 'Notebook, dotted', unitPriceCents: 895 },
  { sku: 'BAG-05', title: 'Canvas bag', unitPriceCents: 5_600 },
  { sku: 'TEA-03', title: 'Green tea, 250 g', unitPriceCents: 1_180 },
] as const

/** Makes the events of a shop's order: perhaps paid, then shipped, sometimes sent back. */
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
      .pass(MINUTE_MS, 3 * MINUTE_MS)
      .happen('payment-failed', { reason: random.pick(['declined', 'expired card']) }, 'payments')
    if (random.chance(0.5)) {
      story.pass(HOUR_MS, DAY_MS).happen('cancelled', { reason: 'not paid' }, 'payments')
      return
    }
  }
  const method = random.pick(['card', 'invoice', 'wallet'])
  story.pass(20_000, 10 * MINUTE_MS).happen('paid', { method, amountCents: totalCents }, 'payments')
  story.pass(HOUR_MS, 20 * HOUR_MS).happen('packed', { parcels: random.whole(1, 2) }, 'warehouse')
  const carrier = random.pick(['DHL', 'UPS', 'PostNord'])
  story
    .pass(HOUR_MS, 8 * HOUR_MS)
    .happen('shipped', { carrier, trackingNumber: random.hex(10).toUpperCase() }, 'warehouse')
  story.pass(DAY_MS, 4 * DAY_MS).happen('delivered', { carrier }, 'carrier')
  if (!random.chance(0.07)) return
  story
    .pass(DAY_MS, 10 * DAY_MS)
    .happen('returned', { reason: random.pick(['too small', 'damaged', 'changed my mind']) }, customer)
  story.pass(HOUR_MS, 2 * DAY_MS).happen('refunded', { amountCents: totalCents }, 'payments')
}
