import { DAY_MS, HOUR_MS, MINUTE_MS } from './story.ts'
import type { Story } from './story.ts'

const ROOMS = ['single', 'double', 'family', 'suite'] as const

/** Makes the events of a room's booking: perhaps confirmed, changed or cancelled, perhaps with a stay. */
export function tellBooking(story: Story): void {
  const { random } = story
  const guest = `guest-${random.whole(1, 900)}`
  const nights = random.whole(1, 7)
  const arrivalMs = story.atMs + random.whole(2, 12) * DAY_MS
  const stay = { arrival: dateText(arrivalMs), departure: dateText(arrivalMs + nights * DAY_MS), nights }
  const room = random.pick(ROOMS)
  const nightlyCents = random.whole(60, 240) * 100
  story.happen('requested', { guest, room, guests: random.whole(1, 4), ...stay }, guest)
  if (random.chance(0.06)) {
    story.pass(MINUTE_MS, 2 * HOUR_MS).happen('declined', { reason: 'no room of this kind' }, 'front-desk')
    return
  }
  story
    .pass(MINUTE_MS, 6 * HOUR_MS)
    .happen('confirmed', { room, nightlyCents, totalCents: nightlyCents * nights }, 'front-desk')
  if (random.chance(0.15)) story.pass(HOUR_MS, DAY_MS).happen('changed', { room: random.pick(ROOMS) }, guest)
  if (random.chance(0.22)) {
    story
      .pass(HOUR_MS, 2 * DAY_MS)
      .happen('cancelled', { feeCents: random.chance(0.3) ? nightlyCents : 0 }, guest)
    return
  }
  const untilArrivalMs = Math.max(arrivalMs - story.atMs, 0)
  story.pass(untilArrivalMs + 14 * HOUR_MS, untilArrivalMs + 22 * HOUR_MS)
  if (random.chance(0.04)) {
    story.happen('no-show', { feeCents: nightlyCents }, 'front-desk')
    return
  }
  story.happen('checked-in', { roomNumber: random.whole(101, 428) }, 'front-desk')
  const extrasCents = random.whole(0, 60) * 100
  story
    .pass((nights - 1) * DAY_MS + 12 * HOUR_MS, (nights - 1) * DAY_MS + 20 * HOUR_MS)
    .happen('checked-out', { extrasCents, totalCents: nightlyCents * nights + extrasCents }, 'front-desk')
}

function dateText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
