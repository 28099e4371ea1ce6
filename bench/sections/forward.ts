import { AnalyticsForwarder } from '../../shared/adx/index.ts'
import type { KustoSender } from '../../shared/adx/index.ts'
import { Database, poolLimits } from '../../shared/postgres/index.ts'
import { alternate, figureOf } from '../measure/index.ts'
import type { Figure } from '../measure/index.ts'
import { Cleanup } from '../../local/process/index.ts'
import {
  copyToBareTable,
  createBareTable,
  createTenants,
  startAnalytics,
  startBenchServer,
  storeEvents,
} from '../stage/index.ts'
import type { BenchServer } from '../stage/index.ts'
import { compareAppends } from './forward-cost.ts'
import { bareExport, forwardRange } from './forward-rate.ts'
import type { LogRange } from './forward-rate.ts'
import { serverFacts } from './server-facts.ts'
import type { SectionContext, SectionResult } from './section.ts'

const TENANTS = 16
const EVENTS_PER_STREAM = 50
const DATABASE = 'trickle'

/** How many events are stored before anything is measured. Storing the large number takes minutes. */
const SMALL = 10_000
const LARGE = 1_000_000

/** A turn forwards at most this many events: five batches, however large the log is. */
const RANGE_MAX = 100_000

/** How fast the log is forwarded, and how much that slows appends, at two sizes of the log. */
export async function forwardSection(context: SectionContext): Promise<SectionResult> {
  const sizes = context.options.isFull ? [SMALL, LARGE] : [SMALL]
  const results: SectionResult[] = []
  for (const size of sizes) results.push(await apart(context, (own) => measureAt(own, size)))
  const skipped = results.flatMap((result) => result.skipped)
  if (!context.options.isFull)
    skipped.push({
      name: `forwarding at ${LARGE.toLocaleString('en')} stored events`,
      reason: 'asked for by --full',
    })
  return {
    figures: results.flatMap((result) => result.figures),
    skipped,
    postgres: results.at(-1)?.postgres ?? {},
  }
}

/** Ends what `work` has started before anything else is measured: a server that is still busy would disturb it. */
async function apart<T>(context: SectionContext, work: (own: SectionContext) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup()
  context.cleanup.add(() => cleanup.run())
  try {
    return await work({ ...context, cleanup })
  } finally {
    await cleanup.run()
  }
}

async function measureAt(context: SectionContext, size: number): Promise<SectionResult> {
  const server = await context.cleanup.start(startBenchServer(), (started) => started.dispose())
  const stored = `${size.toLocaleString('en')} stored`
  context.note(`forward: storing ${size} events`)
  const tenants = await createTenants(server, TENANTS)
  await createBareTable(server.adminUrl)
  await storeEvents(server.adminUrl, { tenants, count: size, eventsPerStream: EVENTS_PER_STREAM })
  await copyToBareTable(server.adminUrl)
  const database = forwarderDatabase(server)
  context.cleanup.add(() => database.end())
  const parts = { context, server, database, stored }
  const figures: Figure[] = []
  context.note(`forward rate at ${stored}`)
  figures.push(await compareRate(parts, 'no transport', nowhere))
  context.note(`forward rate by the real SDK at ${stored}`)
  const bySdk = await apart(context, async (own) => {
    const sender = await startSender(own)
    return sender === null ? null : compareRate(parts, 'real SDK to local/analytics', sender)
  })
  if (bySdk !== null) figures.push(bySdk)
  context.note(`append with and without forwarding at ${stored}`)
  figures.push(await compareAppends({ ...parts, tenants, analyticsDatabase: DATABASE, sender: nowhere }))
  const skipped =
    bySdk === null
      ? [{ name: 'forward rate by the real SDK', reason: 'local/analytics is not in this checkout' }]
      : []
  return { figures, skipped, postgres: await serverFacts(server.adminUrl) }
}

interface Parts {
  readonly context: SectionContext
  readonly server: BenchServer
  readonly database: Database
  readonly stored: string
}

async function compareRate(
  { context, server, database, stored }: Parts,
  transport: string,
  sender: () => Promise<KustoSender>,
): Promise<Figure> {
  const forwarder = new AnalyticsForwarder(database, DATABASE, sender)
  const range: LogRange = { server, eventsMax: RANGE_MAX }
  const samples = await alternate(
    {
      ours: () => forwardRange(range, database, forwarder),
      bare: () => bareExport(range),
    },
    context.options.rounds,
  )
  const facts = {
    section: 'forward',
    name: `forward rate, ${transport}, ${stored}`,
    candidate: `AnalyticsForwarder by runOnce until handed over, ${transport}`,
    baseline: 'bare SELECT in feed order by pg, parsed, NDJSON, gzip, thrown away',
    unit: 'events/s',
  }
  return figureOf(facts, samples.ours, samples.bare)
}

const forwarderDatabase = (server: BenchServer): Database =>
  new Database({
    url: server.url('trickle_forwarder'),
    connectionsMax: poolLimits.backgroundConnectionsMax,
    statements: 'unnamed',
  })

/** Sends nothing. So everything except the transport is measured: pages, NDJSON, gzip, hash, the batch's row, lease. */
async function nowhere(): Promise<KustoSender> {
  return { send: () => Promise.resolve(), close() {} }
}

async function startSender(context: SectionContext): Promise<(() => Promise<KustoSender>) | null> {
  const analytics = await startAnalytics(context, DATABASE)
  if (analytics === null) return null
  const { createKustoSender } = await import('../../shared/adx/kusto.chunk.ts')
  const sender = createKustoSender(analytics.url, DATABASE, undefined, true)
  context.cleanup.add(() => Promise.resolve(sender.close()))
  return () => Promise.resolve(sender)
}
