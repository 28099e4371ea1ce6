import type { NewEvent } from '../../shared/event-store/index.ts'

const CITIES = ['Lisbon', 'Tartu', 'Graz', 'Lyon', 'Porto', 'Gdansk', 'Bergen', 'Turin'] as const

/**
 * An event with about 300 bytes of data and 100 of metadata. Its values are mixed as in business events: ids, amounts,
 * a nested list, text. The number makes each event different, so that no cache of equal values can help.
 */
export function makeEvent(number: number): NewEvent & { readonly metadata: Record<string, unknown> } {
  return {
    type: number % 4 === 0 ? 'OrderShipped' : 'OrderPlaced',
    data: {
      orderId: `order-${number}`,
      customer: { id: `customer-${number % 9_973}`, city: CITIES[number % CITIES.length] },
      amount: (number % 100_000) / 100,
      currency: 'EUR',
      lines: [
        { sku: `sku-${number % 811}`, quantity: (number % 5) + 1, price: 12.5 },
        { sku: `sku-${number % 733}`, quantity: 1, price: 7.25 },
      ],
      note: 'Leave it with the neighbours on the second floor if nobody opens, please.',
    },
    metadata: {
      user: `user-${number % 499}`,
      device: 'web',
      session: `session-${number % 99_991}`,
      build: '2026.11.3',
    },
  }
}
