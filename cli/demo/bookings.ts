import { dayMs, hourMs, minuteMs, type Story } from './story.ts'

const rooms = ['single', 'double', 'family', 'suite'] as const

function dateText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

/** A booking of a room: confirmed or not, changed, cancelled, or stayed. */
export function tellBooking(story: Story): void {
  const { random } = story
  const guest = `guest-${random.whole(1, 900)}`
  const nights = random.whole(1, 7)
  const arrivalMs = story.atMs + random.whole(2, 12) * dayMs
  const stay = { arrival: dateText(arrivalMs), departure: dateText(arrivalMs + nights * dayMs), nights }
  const room = random.pick(rooms)
  const nightlyCents = random.whole(60, 240) * 100
  story.happen('requested', { guest, room, guests: random.whole(1, 4), ...stay }, guest)
  if (random.chance(0.06)) {
    story.pass(minuteMs, 2 * hourMs).happen('declined', { reason: 'no room of this kind' }, 'front-desk')
    return
  }
  story
    .pass(minuteMs, 6 * hourMs)
    .happen('confirmed', { room, nightlyCents, totalCents: nightlyCents * nights }, 'front-desk')
  if (random.chance(0.15)) story.pass(hourMs, dayMs).happen('changed', { room: random.pick(rooms) }, guest)
  if (random.chance(0.22)) {
    story
      .pass(hourMs, 2 * dayMs)
      .happen('cancelled', { feeCents: random.chance(0.3) ? nightlyCents : 0 }, guest)
    return
  }
  const untilArrivalMs = Math.max(arrivalMs - story.atMs, 0)
  story.pass(untilArrivalMs + 14 * hourMs, untilArrivalMs + 22 * hourMs)
  if (random.chance(0.04)) {
    story.happen('no-show', { feeCents: nightlyCents }, 'front-desk')
    return
  }
  story.happen('checked-in', { roomNumber: random.whole(101, 428) }, 'front-desk')
  const extrasCents = random.whole(0, 60) * 100
  story
    .pass((nights - 1) * dayMs + 12 * hourMs, (nights - 1) * dayMs + 20 * hourMs)
    .happen('checked-out', { extrasCents, totalCents: nightlyCents * nights + extrasCents }, 'front-desk')
}
