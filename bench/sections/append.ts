import { randomUUID } from 'node:crypto'
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { alternate, figureOf, runLoad, type Figure, type Watched } from '../measure/index.ts'
import {
  bareStatement,
  createBarePool,
  createBareTable,
  createTenants,
  makeEvent,
  startBenchServer,
  type BenchServer,
  type StatementMode,
} from '../stage/index.ts'
import { serverFacts } from './server-facts.ts'
import { targets, type BenchOptions, type SectionContext, type SectionResult } from './section.ts'

const TENANTS = 64

/** Enough that two callers seldom meet on one, few enough that most appends go to a stream that exists. */
const STREAMS = 12_800

/** A prime that shares no factor with STREAMS: the walk touches every stream before it comes back to one. */
const STRIDE = 7_919

/** Our append against the bare INSERT, in every statement mode, size and concurrency that is asked for. */
export async function appendSection(context: SectionContext): Promise<SectionResult> {
  const { options, cleanup, note } = context
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  await createBareTable(server.adminUrl)
  const tenants = await createTenants(server, TENANTS)
  const figures: Figure[] = []
  // One for all modes: they write into the same table, where a version is taken once.
  const rowsOfBare = createRows(createTargets(tenants, options.isHot))
  for (const mode of options.modes) {
    const arms = openArms({ server, tenants, mode, options, rowsOfBare })
    cleanup.add(() => arms.end())
    for (const batch of options.batches) {
      for (const concurrency of options.concurrencies) {
        note(`append ${batch} x ${concurrency} callers, ${mode}`)
        figures.push(await compare(arms, { batch, concurrency, mode, server, options }))
      }
    }
    note(`append: our pool class, ${mode}`)
    figures.push(await comparePools(arms, { batch: 1, concurrency: 8, mode, server, options }))
    await arms.end()
  }
  return { figures, skipped: [], postgres: await serverFacts(server.adminUrl) }
}

interface Arms {
  /** Each appends a batch of events to some stream. */
  ours(batch: number): Promise<unknown>
  bare(batch: number): Promise<unknown>
  /** The statement of the baseline through our pool class. */
  bareByOurPool(batch: number): Promise<unknown>
  end(): Promise<void>
}

interface Case {
  readonly batch: number
  readonly concurrency: number
  readonly mode: StatementMode
  readonly server: BenchServer
  readonly options: BenchOptions
}

async function compare(arms: Arms, given: Case): Promise<Figure> {
  const { batch, concurrency, mode, options } = given
  const load = loadOf(given)
  const samples = await alternate(
    {
      ours: () => runLoad(() => arms.ours(batch), load),
      bare: () => runLoad(() => arms.bare(batch), load),
    },
    options.rounds,
  )
  const isJudged = batch === 1 && concurrency === 32 && mode === 'unnamed' && !options.isHot
  const facts = {
    section: 'append',
    name: `${batch} ${batch === 1 ? 'event' : 'events'}, ${concurrency} callers, ${mode}${options.isHot ? ', one hot stream' : ''}`,
    candidate: 'EventStore.append',
    baseline: `bare INSERT of ${batch} by pg.Pool`,
    unit: 'events/s',
    target: isJudged ? targets.append : undefined,
  }
  return figureOf(facts, samples.ours, samples.bare)
}

/** Whether the baseline depends on who runs it: our pool class adds retries and leaves values as text. */
async function comparePools(arms: Arms, given: Case): Promise<Figure> {
  const { batch, concurrency, mode, options } = given
  const load = loadOf(given)
  const samples = await alternate(
    {
      ours: () => runLoad(() => arms.bareByOurPool(batch), load),
      bare: () => runLoad(() => arms.bare(batch), load),
    },
    options.rounds,
  )
  const facts = {
    section: 'append',
    name: `bare INSERT by our pool class, ${concurrency} callers, ${mode}`,
    candidate: 'bare INSERT by Database',
    baseline: 'bare INSERT by pg.Pool',
    unit: 'events/s',
  }
  return figureOf(facts, samples.ours, samples.bare)
}

function loadOf({ batch, concurrency, server, options }: Case) {
  const watched: Record<string, Watched> = {
    client: { kind: 'self' },
    server: { kind: 'family', pid: server.pid },
  }
  return { concurrency, durationMs: options.turnMs, unitsPerCall: batch, watched }
}

interface ArmsOptions {
  readonly server: BenchServer
  readonly tenants: readonly TenantContext[]
  readonly mode: StatementMode
  readonly options: BenchOptions
  readonly rowsOfBare: (batch: number) => unknown[]
}

function openArms({ server, tenants, mode, options, rowsOfBare }: ArmsOptions): Arms {
  const { connections, isHot } = options
  const login = { url: server.url('trickle_app'), connectionsMax: connections, statements: mode }
  const database = new Database(login)
  const bareDatabase = new Database(login)
  const pool = createBarePool(login.url, connections)
  const store = new PostgresEventStore(database)
  const targetOfOurs = createTargets(tenants, isHot)
  let ended: Promise<unknown> | undefined
  return {
    ours(batch) {
      const { number, tenant, streamId } = targetOfOurs()
      const events = Array.from({ length: batch }, (_, index) => makeEvent(number * batch + index))
      return store.append(tenant, { streamId, expected: { mode: 'any' }, events })
    },
    bare: (batch) => pool.query(bareStatement(mode, `insert_${batch}`, insertText(batch), rowsOfBare(batch))),
    bareByOurPool: (batch) =>
      bareDatabase.query({ name: `insert_${batch}`, text: insertText(batch), values: rowsOfBare(batch) }),
    async end() {
      await (ended ??= Promise.all([database.end(), bareDatabase.end(), pool.end()]))
    },
  }
}

interface AppendTarget {
  readonly number: number
  readonly tenant: TenantContext
  readonly streamId: string
}

/** Where the next append goes: spread over all streams, or always to one. */
function createTargets(tenants: readonly TenantContext[], isHot: boolean): () => AppendTarget {
  let number = 0
  return () => {
    number += 1
    const stream = isHot ? 0 : (number * STRIDE) % STREAMS
    const tenant = tenants[stream % tenants.length]
    if (tenant === undefined) throw new RangeError('there are no tenants')
    return { number, tenant, streamId: `order-${stream}` }
  }
}

/**
 * What a caller of a bare INSERT has to do itself: an id, the JSON texts, and the version, which it is given for nothing
 * here (nobody else writes) where a real one would have to read or count it.
 */
function createRows(nextTarget: () => AppendTarget): (batch: number) => unknown[] {
  const versions = new Map<string, number>()
  return (batch) => {
    const { number, tenant, streamId } = nextTarget()
    const before = versions.get(streamId) ?? 0
    versions.set(streamId, before + batch)
    const values: unknown[] = []
    for (let index = 0; index < batch; index += 1) {
      const { type, data, metadata } = makeEvent(number * batch + index)
      const version = before + index + 1
      values.push(
        tenant.tenantId,
        streamId,
        version,
        randomUUID(),
        type,
        JSON.stringify(data),
        JSON.stringify(metadata),
      )
    }
    return values
  }
}

const insertTexts = new Map<number, string>()

/** One statement for each size; the columns are those that ours fills from the caller's event. */
function insertText(batch: number): string {
  const known = insertTexts.get(batch)
  if (known !== undefined) return known
  const rows = Array.from({ length: batch }, (_, index) => {
    const [a, b, c, d, e, f, g] = Array.from({ length: 7 }, (_, column) => `$${index * 7 + column + 1}`)
    return `(${a}, ${b}, ${c}, ${d}, ${e}, clock_timestamp(), clock_timestamp(), ${f}, ${g})`
  })
  const text = `insert into bench_bare.events
    (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data, metadata) values ${rows.join(', ')}`
  insertTexts.set(batch, text)
  return text
}
