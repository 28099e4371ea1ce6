import { setTimeout as sleep } from 'node:timers/promises'
import { AnalyticsForwarder } from '../../shared/adx/index.ts'
import type { KustoSender } from '../../shared/adx/index.ts'
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import type { EventStore } from '../../shared/event-store/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import { runOnce } from '../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { alternate, figureOf, runLoad } from '../measure/index.ts'
import type { Figure, Sample } from '../measure/index.ts'
import { makeEvent } from '../stage/index.ts'
import type { BenchServer } from '../stage/index.ts'
import type { SectionContext } from './section.ts'

const CONCURRENCY = 8
const STREAMS = 4_000

/** Pause between two runs of the forwarder: a tenth of the local schedule's, so that a short turn has several runs. */
const PAUSE_MS = 200

/** The same budget as that of the timer: at most ten batches in a run. */
const budget = { timeMs: 20_000, stepsMax: 10 }

export interface CostParts {
  readonly context: SectionContext
  readonly server: BenchServer
  /** The forwarder's pool. */
  readonly database: Database
  readonly tenants: readonly TenantContext[]
  readonly stored: string
  readonly analyticsDatabase: string
  readonly sender: () => Promise<KustoSender>
}

/**
 * Compares appends while the forwarder runs in the same process, as in one instance of the app, with appends alone.
 * Before a turn begins, everything that was appended is forwarded: otherwise the forwarder would still work on the
 * turns before.
 */
export async function compareAppends(parts: CostParts): Promise<Figure> {
  const { context, server, database, stored } = parts
  const { options } = context
  const app = new Database({
    url: server.url('trickle_app'),
    connectionsMax: options.connections,
    statements: 'unnamed',
  })
  context.cleanup.add(() => app.end())
  const forwarder = new AnalyticsForwarder(database, parts.analyticsDatabase, parts.sender)
  const appends = (): Promise<Sample> => appendFor(new PostgresEventStore(app), parts)
  const samples = await alternate(
    {
      forwarding: async () => {
        await catchUp(database, forwarder)
        return withForwarding(database, forwarder, appends)
      },
      alone: async () => {
        await catchUp(database, forwarder)
        return appends()
      },
    },
    options.rounds,
  )
  const facts = {
    section: 'forward',
    name: `append 1 event, ${CONCURRENCY} callers, while forwarding, ${stored}`,
    candidate: `EventStore.append while the forwarder runs every ${PAUSE_MS} ms`,
    baseline: 'EventStore.append alone',
    unit: 'events/s',
  }
  return figureOf(facts, samples.forwarding, samples.alone)
}

let appended = 0

function appendFor(store: EventStore, { tenants, server, context }: CostParts): Promise<Sample> {
  return runLoad(
    () => {
      appended += 1
      const tenant = tenants[appended % tenants.length]
      if (tenant === undefined) throw new RangeError('there are no tenants')
      const streamId = `order-${(appended * 7_919) % STREAMS}`
      return store.append(tenant, { streamId, expected: { mode: 'any' }, events: [makeEvent(appended)] })
    },
    {
      concurrency: CONCURRENCY,
      durationMs: context.options.turnMs,
      watched: { client: { kind: 'self' }, server: { kind: 'family', pid: server.pid } },
    },
  )
}

async function catchUp(database: Database, forwarder: AnalyticsForwarder): Promise<void> {
  for (;;) {
    const { outcome } = await runOnce(database, forwarder, budget)
    if (outcome === 'done') return
    if (outcome !== 'budget-spent') throw new Error(`the forwarder ended with ${outcome}`)
  }
}

async function withForwarding<T>(
  database: Database,
  forwarder: AnalyticsForwarder,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const forwarding = (async () => {
    while (!over.signal.aborted) {
      await runOnce(database, forwarder, budget)
      await sleep(PAUSE_MS, undefined, { signal: over.signal }).catch(() => {})
    }
  })()
  try {
    return await work()
  } finally {
    over.abort()
    await forwarding
  }
}
