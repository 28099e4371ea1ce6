import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventLimits, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore, NewEvent } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, noted, viewOf } from '../support.ts'
import type { EventView } from '../support.ts'

// What the conformance suite can not ask of every store, or need not ask of each.
let database: TestDatabase
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  store = new PostgresEventStore(database.pool('trickle_app'))
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

let streams = 0

/** Writes one event to a stream of its own and reads its text back. */
async function throughTheStore(event: NewEvent): Promise<{ text: string; view: EventView }> {
  streams += 1
  const streamId = `fidelity-${streams}`
  await store.append(acme, appendOf(streamId, { events: [event] }))
  const page = await store.readStream(acme, { streamId, backward: false, limit: 1 })
  const text = page.events[0] ?? ''
  return { text, view: viewOf(text) }
}

describe('values', () => {
  it('nest as deeply as the limit says', async () => {
    let data: unknown = 1
    for (let depth = 0; depth < eventLimits.jsonDepthMax; depth += 1)
      data = depth % 2 === 0 ? [data] : { d: data }
    expect((await throughTheStore({ type: 'V', data })).view.data).toEqual(data)
  })

  it('that are given as their defaults read like those that are not given', async () => {
    const without = (whole: string) => whole.replaceAll(/"(id|streamId|time|recordedAt)":"[^"]*"/g, '')
    const absent = await throughTheStore({ type: 'V', data: undefined })
    const given = await throughTheStore({
      type: 'V',
      data: undefined,
      metadata: {},
      source: '',
      schemaVersion: 1,
    })
    expect(without(given.text)).toBe(without(absent.text))
  })
})

describe('sizes', () => {
  it('take an event of 1 MiB that can not be compressed, and give it back whole', async () => {
    // Not compressible, so that the row is stored out of line.
    const data = Array.from({ length: 131_072 }, (_, index) => (index * 2_654_435_761) % 9_999_999)
    const content = JSON.stringify(data).slice(0, eventLimits.eventBytesMax - 2)
    expect((await throughTheStore({ type: 'L', data: content })).view.data).toBe(content)
  })

  it('name the event that is too large', async () => {
    const events = [...noted(1), { type: 'L', data: 'x'.repeat(1_060_000) }]
    await expect(store.append(acme, appendOf('refused', { events }))).rejects.toMatchObject({
      errors: [{ pointer: '/events/1' }],
    })
  })
})
