import { seededRandom } from './random.ts'
import type { Random } from './random.ts'
import { DAY_MS, HOUR_MS, Story } from './story.ts'
import type { DemoEvent } from './story.ts'
import { demoTenants } from './tenants.ts'

/** The month in which the stories begin. It is fixed, since the same seed must make the same events. */
const MONTH_BEGINS_MS = Date.UTC(2026, 8, 1)
const MONTH_DAYS = 30

/** The CloudEvents source of all events of a seed. */
export function sourceOf(seed: number): string {
  return `demo/${seed}`
}

/**
 * The events of all demonstration tenants, in the order of their time.
 * @param seed a whole number of 32 bits; the same one makes the same events
 */
export function makeEvents(seed: number): DemoEvent[] {
  const random = seededRandom(seed)
  const source = sourceOf(seed)
  const stories = demoTenants.flatMap(({ slug, kind, streams, tell }) =>
    Array.from({ length: streams }, () => {
      const story = new Story({ tenant: slug, source, kind, beginsAtMs: moment(random), random })
      tell(story)
      return story.events
    }),
  )
  // This keeps the order within a stream, since its events are at least a second apart.
  return stories.flat().sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0))
}

/** A random moment of the month: seldom at weekends, and mostly by day, by the sum of two random numbers. */
function moment(random: Random): number {
  let day = random.whole(0, MONTH_DAYS - 1)
  const weekday = new Date(MONTH_BEGINS_MS + day * DAY_MS).getUTCDay()
  if ((weekday === 0 || weekday === 6) && random.chance(0.5)) day = random.whole(0, MONTH_DAYS - 1)
  const hour = 5 + (random.next() + random.next()) * 9
  return MONTH_BEGINS_MS + day * DAY_MS + Math.floor(hour * HOUR_MS)
}
