import * as fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import { InMemoryEventStore } from '../../../../shared/event-store/testing/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { scaled, seed } from '../../../support/scale.ts'
import { postgres18, postgresInACrowd } from '../conformance/fixtures.ts'
import type { Fixture, OpenStore } from '../conformance/subject.ts'
import { readWhole } from '../support.ts'
import { allCommands } from './commands.ts'
import { STREAMS, TENANTS } from './requests.ts'
import { maskEvents } from './world.ts'
import type { Side } from './world.ts'

/** The longest run of commands. */
const COMMANDS = 60
const runs = scaled(40)
/** A clock that never shows one time twice, so that "since" means one event to both stores. */
function steadyClock(): () => number {
  let nowMs = Date.parse('2026-01-01T00:00:00Z')
  return () => (nowMs += 1)
}

async function openSides(postgres: OpenStore, seen: Side['seen']): Promise<{ model: Side; real: Side }> {
  const tenants = await Promise.all(
    Array.from({ length: TENANTS }, () => postgres.tenant(`t-${randomUUID()}`)),
  )
  const memory = new InMemoryEventStore({ now: steadyClock() })
  const setInMemory: Side['setTenantStatus'] = async (tenant, status) =>
    memory.setTenantStatus(tenant, status)
  const setInPostgres: Side['setTenantStatus'] = (tenant, status) => postgres.setTenantStatus(tenant, status)
  return {
    model: { store: memory, tenants, setTenantStatus: setInMemory, tokens: [], sent: [], seen },
    real: { store: postgres.store, tenants, setTenantStatus: setInPostgres, tokens: [], sent: [], seen },
  }
}

/** Everything that a reader can see of a tenant. */
async function stateOf(store: EventStore, tenant: TenantContext): Promise<unknown> {
  const streams = await Promise.all(
    STREAMS.map(async (streamId) => {
      const events = await readWhole(store, tenant, streamId).catch(() => [])
      return { streamId, events: maskEvents(events.map((event) => JSON.stringify(event))) }
    }),
  )
  const feed = await store.readFeed(tenant, { limit: 1_000 })
  return { streams, feed: maskEvents(feed.events) }
}

/** A failure prints its seed and the shortest commands that still fail; TRICKLE_TEST_SEED repeats it. */
const answersAsTheModel = (postgres: () => OpenStore, seen: Side['seen']) =>
  fc.asyncProperty(
    fc.commands([...allCommands], { maxCommands: COMMANDS, size: 'max' }),
    async (commands) => {
      const { model, real } = await openSides(postgres(), seen)
      await fc.asyncModelRun(() => ({ model, real }), commands)
      for (const tenant of real.tenants) {
        expect(await stateOf(real.store, tenant)).toEqual(await stateOf(model.store, tenant))
      }
    },
  )

describe.each<[string, Fixture]>([
  ['PostgreSQL', postgres18],
  ['PostgreSQL, every append amid others', postgresInACrowd],
])('%s', (_name, fixture) => {
  let postgres: OpenStore
  beforeAll(async () => {
    postgres = await fixture()
  })
  afterAll(() => postgres.close())

  it(
    'answers random commands as the store in memory does, and ends in the same state',
    async () => {
      const seen = new Map<string, number>()
      await fc.assert(
        answersAsTheModel(() => postgres, seen),
        { seed, numRuns: runs },
      )
      // A run that never meets one of these would not tell two stores apart by it.
      expect([...seen.keys()].sort()).toEqual([
        'EVENT_ID_EXISTS',
        'IDEMPOTENCY_KEY_REUSED',
        'NAME_NOT_HELD',
        'NAME_TAKEN',
        'STREAM_NOT_FOUND',
        'STREAM_TYPE_MISMATCH',
        'TENANT_SUSPENDED',
        'VALIDATION_FAILED',
        'VERSION_CONFLICT',
        'appended',
        'replayed by ids',
        'replayed by key',
      ])
    },
    scaled(120_000),
  )
})
