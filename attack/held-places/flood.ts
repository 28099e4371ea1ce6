import { round } from './attack.ts'
import type { HeldPlacesAttack } from './attack.ts'
import type { Caller } from './requests.ts'

/** A filtered page looks through all these events and finds nothing: little work for the app, much for the database. */
const EVENTS = 10_000
const EVENTS_AN_APPEND = 1_000

/** Far more than there are connections. */
const CLIENTS = 60
const READS = 20

/** If requests were served in the order of their arrival, it would be as many as there are clients. */
const ANSWERS_BETWEEN_MAX = CLIENTS / 3

/** Many clients of one tenant search for a type that no event has. Each asks again as soon as it is answered. */
export const floodOfReads: HeldPlacesAttack = async ({ greedy, quiet }) => {
  for (let written = 0; written < EVENTS; written += EVENTS_AN_APPEND) await appendMany(greedy)
  const course = { isOver: false, answered: 0, unlike: 0 }
  const readOnAndOn = async (): Promise<void> => {
    while (!course.isOver) {
      const { status } = await greedy.call('/api/events?type=NotThere')
      course.answered += 1
      if (status !== 200) course.unlike += 1
    }
  }
  const flood = Array.from({ length: CLIENTS }, readOnAndOn)
  const between: number[] = []
  const sinceMs = performance.now()
  for (let read = 0; read < READS; read += 1) {
    const before = course.answered
    const { status } = await quiet.call('/api/streams/small/events')
    if (status !== 200) course.unlike += 1
    between.push(course.answered - before)
  }
  const meanMs = (performance.now() - sinceMs) / READS
  course.isOver = true
  await Promise.all(flood)
  const median = between.toSorted((left, right) => left - right)[Math.floor(READS / 2)] ?? 0
  return [
    {
      attack: `${CLIENTS} clients of one tenant that look through ${EVENTS} events for what is not there, on and on`,
      bar: `each is served, and at most ${ANSWERS_BETWEEN_MAX} of theirs before one short read of another tenant (median)`,
      seen: `${median} before one, which takes ${round(meanMs)}; ${course.unlike} not served`,
      holds: median <= ANSWERS_BETWEEN_MAX && course.unlike === 0,
    },
  ]
}

async function appendMany(caller: Caller): Promise<void> {
  const events = Array.from({ length: EVENTS_AN_APPEND }, (_, n) => ({ type: 'Small', data: { n } }))
  const { status } = await caller.call('/api/streams/many/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  })
  if (status !== 201) throw new Error(`An append of ${EVENTS_AN_APPEND} events was answered ${status}.`)
}
