import { Places } from '../../../functions/events/places.ts'

/** A class of so many places. */
export const placesOf = (max: number): Places =>
  new Places({ what: 'long requests', max: () => max, advice: 'Try again.', retryAfterSeconds: 2 })

/** How many places one holder after another can take now; all are given back again. */
export function freePlaces(places: Places, ...holders: readonly string[]): number {
  const taken = holders.map((holder) => places.take(holder)).filter((one) => typeof one === 'function')
  for (const giveBack of taken) giveBack()
  return taken.length
}
