import { Permits } from '../../../functions/events/permits.ts'

/** A class of so many permits. */
export const permitsOf = (max: number): Permits =>
  new Permits({ what: 'long requests', max: () => max, advice: 'Try again.', retryAfterSeconds: 2 })

/** How many permits one holder after another can take now; all are given back again. */
export function freePermits(permits: Permits, ...holders: readonly string[]): number {
  const taken = holders.map((holder) => permits.take(holder)).filter((one) => typeof one === 'function')
  for (const giveBack of taken) giveBack()
  return taken.length
}
