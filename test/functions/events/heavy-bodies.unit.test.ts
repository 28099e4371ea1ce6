import { describe, expect, it } from 'vitest'
import { startEventApi } from './support.ts'
import type { EventApi } from './support.ts'

/** More than twice what an event may have, and no more: what is shown here is counted, not timed. */
const BYTES = 2_400_000
/** Characters of one turn; see shared/turns. */
const TURN = 65_536

function list(item: (index: number) => string, bytes = BYTES): string {
  const items: string[] = []
  for (let size = 0; size < bytes; size += (items.at(-1)?.length ?? 0) + 1) items.push(item(items.length))
  return items.join(',')
}
const members = (bytes = BYTES): string => list((index) => `"k${index}":1`, bytes)
const cloudEvent = (index: number): string => `{"specversion":"1.0","id":"${index}","source":"/s","type":"T"}`

/** Sends a body, and counts how often other work could run meanwhile. */
async function send(api: EventApi, route: string, body: string, headers: Record<string, string> = {}) {
  let turns = 0
  const count = (): void => {
    turns += 1
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  const answer = await api.send(route, {
    params: { streamId: 's' },
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  clearImmediate(next)
  return { answer, turns }
}

const ONE = 'append-events'
const SEVERAL = 'append-to-streams'
const batch = { 'content-type': 'application/cloudevents-batch+json' }
const key = { 'idempotency-key': 'k' }

/** Bodies that are refused: what is told, and of how many places. */
const refused: [string, string, () => string, string, number, Record<string, string>?][] = [
  [
    '200,000 events that are none',
    ONE,
    () => `{"events":[${list(() => '{"dat":1}')}]}`,
    'VALIDATION_FAILED',
    1,
  ],
  ['a million empty events', ONE, () => `{"events":[${list(() => '{}')}]}`, 'VALIDATION_FAILED', 1],
  [
    'as many with one id',
    ONE,
    () => `{"events":[${list(() => '{"type":"T","data":1,"id":"a"}')}]}`,
    'VALIDATION_FAILED',
    1,
  ],
  [
    'a thousand events with hundreds of unknown members each',
    ONE,
    () => `{"events":[${Array.from({ length: 1_000 }, () => `{${members(2_400)}}`).join(',')}]}`,
    'VALIDATION_FAILED',
    20,
  ],
  ['unknown members', ONE, () => `{${members()}}`, 'VALIDATION_FAILED', 1],
  [
    'unknown members beside events',
    ONE,
    () => `{"events":[{"type":"T","data":1}],${members()}}`,
    'VALIDATION_FAILED',
    1,
  ],
  [
    'unknown members of one event',
    ONE,
    () => `{"events":[{"type":"T","data":1,${members()}}]}`,
    'VALIDATION_FAILED',
    1,
  ],
  ['one member many times', ONE, () => `{"type":"T",${list(() => '"data":1')}}`, 'VALIDATION_FAILED', 1],
  [
    'reservations',
    ONE,
    () => `{"events":[{"type":"T","data":1}],"reservations":[${list(() => '{}')}]}`,
    'VALIDATION_FAILED',
    1,
  ],
  ['data of one event', ONE, () => `{"type":"T","data":{${members()}}}`, 'EVENT_TOO_LARGE', 1, key],
  [
    'metadata of one event',
    ONE,
    () => `{"type":"T","data":1,"metadata":{${members()}}}`,
    'EVENT_TOO_LARGE',
    1,
  ],
  [
    'empty objects',
    ONE,
    () => `{"type":"T","data":[9007199254740993,${list(() => '{}')}]}`,
    'EVENT_TOO_LARGE',
    1,
  ],
  [
    'deep nesting again and again',
    ONE,
    () => `{"type":"T","data":[${list(() => '['.repeat(90) + ']'.repeat(90))}]}`,
    'EVENT_TOO_LARGE',
    1,
  ],
  ['no end', ONE, () => `{"type":"T","data":[${list(() => '1')}`, 'MALFORMED_JSON', 0],
  [
    'a string without an end',
    ONE,
    () => `{"type":"T","data":"${String.raw`\n`.repeat(BYTES / 2)}`,
    'MALFORMED_JSON',
    0,
  ],
  [
    'numbers that are lost, at the end',
    ONE,
    () => `{"type":"T","data":[${list(() => '1')},1e400]}`,
    'NUMBER_NOT_EXACT',
    1,
  ],
  [
    'strings that can not be kept, at the end',
    ONE,
    () => `{"type":"T","data":[${list(() => '1')},"\\u0000"]}`,
    'INVALID_TEXT',
    1,
  ],
  ['streams', SEVERAL, () => `{"streams":[${list(() => '{}')}]}`, 'VALIDATION_FAILED', 1],
  [
    'conditions',
    SEVERAL,
    () =>
      `{"streams":[{"streamId":"a","events":[{"type":"T","data":1}]}],"conditions":[${list(() => '{}')}]}`,
    'VALIDATION_FAILED',
    1,
  ],
  [
    'events spread over streams',
    SEVERAL,
    () =>
      `{"streams":[${Array.from({ length: 100 }, (_, index) => `{"streamId":"s${index}","events":[${list(() => '{"type":"T","data":1}', BYTES / 100)}]}`).join(',')}]}`,
    'TOO_MANY_EVENTS',
    1,
  ],
  [
    'unknown members of a stream',
    SEVERAL,
    () => `{"streams":[{"streamId":"a",${members()}}]}`,
    'VALIDATION_FAILED',
    1,
  ],
  ['CloudEvents', ONE, () => `[${list(cloudEvent)}]`, 'VALIDATION_FAILED', 1, batch],
  ['CloudEvents that are none', ONE, () => `[${list(() => '1', 2_000)}]`, 'VALIDATION_FAILED', 20, batch],
  [
    'attributes of a CloudEvent',
    ONE,
    () => `[{"specversion":"1.0",${members()}}]`,
    'EVENT_TOO_LARGE',
    1,
    batch,
  ],
]

describe('a body of megabytes that is refused', () => {
  it.each(refused)(
    'for %s',
    async (what, route, make, code, places, headers) => {
      const api = startEventApi()
      const body = make()
      const { answer, turns } = await send(api, route, body, headers)
      expect([answer.json?.['code'], (answer.json?.['errors'] as [] | undefined)?.length ?? 0]).toEqual([
        code,
        places,
      ])
      expect(answer.text.length).toBeLessThan(4_000)
      // What is one long string is walked over at once: that takes no time.
      const turnsMin = what.startsWith('a string') ? 0 : Math.floor(body.length / TURN) - 1
      expect(turns).toBeGreaterThanOrEqual(turnsMin)
    },
    60_000,
  )
})

describe('a body of megabytes that is stored', () => {
  it('lets other work run while it is read, compared under its key, and written', async () => {
    const api = startEventApi()
    const body = `{"events":[${Array.from({ length: 8 }, () => `{"type":"T","data":{${members(300_000)}}}`).join(',')}]}`
    const plain = await send(api, ONE, body)
    expect(plain.answer.status).toBe(201)
    // Reading takes one turn for every 64 Ki characters, writing one for every event.
    const reading = Math.floor(body.length / TURN) - 1
    expect(plain.turns).toBeGreaterThanOrEqual(reading + 7)
    const withKey = await send(api, ONE, body, key)
    expect(withKey.answer.status).toBe(201)
    expect(withKey.turns).toBeGreaterThanOrEqual(2 * reading + 7)
    const again = await send(api, ONE, body, key)
    expect(again.answer.headers.get('idempotency-replayed')).toBe('true')
  })
})
