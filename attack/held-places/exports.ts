import { setTimeout as delay } from 'node:timers/promises'
import { ANSWERED_WITHIN_MS, ATTACKERS, describeAnswers, isShare, round } from './attack.ts'
import type { HeldPlacesAttack } from './attack.ts'
import { cameTrue, medianReadMs } from './requests.ts'
import type { Caller } from './requests.ts'

/** So many large events that an export needs several pages of 8 MiB. */
const EVENTS = 28
const EVENT_CHARACTERS = 1_000_000
const EVENTS_AN_APPEND = 7

const READS = 20
/** The places for bulk work that one tenant may hold. */
const SHARE = 2

/** A refused client tries again after this pause, which is shorter than its Retry-After. */
const REFUSED_PAUSE_MS = 1_000

/**
 * A short read may take twenty times as long during exports as on a quiet instance: it shares one thread and the
 * server's cores with them. Measured without separate places and connections for exports: eight hundred times, 12.7 s.
 */
const TIMES_MAX = 20
/** Below this time the ratio depends more on other work on the machine than on the product. */
const MEDIAN_FLOOR_MS = 250

/** All clients of one tenant export its log. Each client starts again as soon as it is answered. */
export const exportsThatNeverEnd: HeldPlacesAttack = async ({ greedy, quiet }) => {
  for (let written = 0; written < EVENTS; written += EVENTS_AN_APPEND) await appendLarge(greedy)
  await medianReadMs(quiet, READS)
  const quietMs = await medianReadMs(quiet, READS)
  const course = { isOver: false, whole: 0, refused: 0, unlike: 0 }
  const exportOnAndOn = async (): Promise<void> => {
    while (!course.isOver) {
      const request = greedy.send('/api/events', { headers: { accept: 'application/x-ndjson' } })
      const text = await request.text()
      if (request.status() === 429 && request.saysWhen()) {
        course.refused += 1
        await delay(REFUSED_PAUSE_MS)
      }
      if (request.status() === 200 && text.includes('{"next":')) course.whole += 1
      else if (request.status() !== 429) course.unlike += 1
    }
  }
  const attackers = Array.from({ length: ATTACKERS }, exportOnAndOn)
  const besideMs = await medianReadMs(quiet, READS)
  course.isOver = true
  await Promise.all(attackers)
  const bound = Math.max(TIMES_MAX * quietMs, MEDIAN_FLOOR_MS)
  const unread = Array.from({ length: ATTACKERS }, () =>
    greedy.send('/api/events', { headers: { accept: 'application/x-ndjson' } }),
  )
  const isReadAtAll = (await quiet.call('/api/streams/small/events')).status === 200
  await cameTrue(() => unread.every((one) => one.status() !== null), ANSWERED_WITHIN_MS)
  const isHalved = isShare(unread, SHARE)
  for (const one of unread) one.leave()
  return [
    {
      attack: `${ATTACKERS} clients of one tenant that export ${EVENTS} MB on and on`,
      bar: `the median of another's ${READS} short reads is at most ${TIMES_MAX} times the quiet one, or ${MEDIAN_FLOOR_MS} ms; each export is whole or 429`,
      seen: `${round(quietMs)} quiet, ${round(besideMs)} beside; ${course.whole} whole, ${course.refused} refused${course.unlike === 0 ? '' : `, ${course.unlike} neither`}`,
      holds: besideMs <= bound && course.unlike === 0,
    },
    {
      attack: `${ATTACKERS} exports of one tenant that nobody reads`,
      bar: `${SHARE} have a place, the others 429 with Retry-After; another's short read is answered meanwhile`,
      seen: describeAnswers(unread),
      holds: isHalved && isReadAtAll,
    },
  ]
}

async function appendLarge(caller: Caller): Promise<void> {
  const data = 'x'.repeat(EVENT_CHARACTERS)
  const events = Array.from({ length: EVENTS_AN_APPEND }, () => ({ type: 'Large', data }))
  const { status } = await caller.call('/api/streams/large/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  })
  if (status !== 201) throw new Error(`An append of ${EVENTS_AN_APPEND} MB was answered ${status}.`)
}
