import * as fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { InMemoryEventStore, type EventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { eventually } from '../../../support/eventually.ts'
import { scaled, seed } from '../../../support/scale.ts'
import { postgres18 } from '../conformance/fixtures.ts'
import type { OpenStore } from '../conformance/subject.ts'
import { readWhole } from '../support.ts'
import { allCommands } from './commands.ts'
import { STREAMS, TENANTS } from './requests.ts'
import { maskEvents, type Side } from './world.ts'

const COMMANDS = 40
const RUNS = scaled(60)

let postgres: OpenStore
beforeAll(async () => {
  postgres = await postgres18()
})
afterAll(() => postgres.close())

/** A clock that never shows one time twice, so that "since" means one event to both stores. */
function steadyClock(): () => number {
  let nowMs = Date.parse('2026-01-01T00:00:00Z')
  return () => (nowMs += 1)
}

async function openSides(): Promise<{ model: Side; real: Side }> {
  const tenants = await Promise.all(
    Array.from({ length: TENANTS }, () => postgres.tenant(`t-${randomUUID()}`)),
  )
  const memory = new InMemoryEventStore({ now: steadyClock() })
  return {
    model: {
      store: memory,
      tenants,
      setTenantStatus: async (tenant, status) => memory.setTenantStatus(tenant, status),
      tokens: [],
      sent: [],
    },
    real: { store: postgres.store, tenants, setTenantStatus: postgres.setTenantStatus, tokens: [], sent: [] },
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

it(
  'answers random commands as the store in memory does, and ends in the same state',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.commands([...allCommands], { maxCommands: COMMANDS, size: 'max' }),
        async (commands) => {
          const { model, real } = await openSides()
          await fc.asyncModelRun(() => ({ model, real }), commands)
          for (const tenant of real.tenants) {
            const expected = await stateOf(model.store, tenant)
            await eventually(() => stateOf(real.store, tenant)).toEqual(expected)
          }
        },
      ),
      { seed, numRuns: RUNS },
    )
    expect(RUNS).toBeGreaterThan(0)
  },
  scaled(120_000),
)
