import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database, noColumns } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { alternate, figureOf, runLoad } from '../measure/index.ts'
import type { Figure, Watched } from '../measure/index.ts'
import {
  APPEND_TENANTS,
  bareStatement,
  createAppendTargets,
  createBarePool,
  createBareTable,
  createInsertRows,
  createTenants,
  insertText,
  makeEvent,
  startBenchServer,
} from '../stage/index.ts'
import type { BenchServer, StatementMode } from '../stage/index.ts'
import { serverFacts } from './server-facts.ts'
import { targets } from './section.ts'
import type { BenchOptions, SectionContext, SectionResult } from './section.ts'

/** Compares our append with the bare INSERT, for every requested statement mode, batch size and concurrency. */
export async function appendSection(context: SectionContext): Promise<SectionResult> {
  const { options, cleanup, note } = context
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  await createBareTable(server.adminUrl)
  const tenants = await createTenants(server, APPEND_TENANTS)
  const figures: Figure[] = []
  // Shared by all modes, since they write into the same table: a version can be used only once there.
  const rowsOfBare = createInsertRows(createAppendTargets(tenants, options.isHot))
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
  /** Each call appends a batch of events to a stream. */
  ours(batch: number): Promise<unknown>
  bare(batch: number): Promise<unknown>
  /** The baseline's statement, run by our pool class. */
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
    candidate: 'PostgresEventStore.append, sharing commits',
    baseline: `bare INSERT of ${batch} by pg.Pool`,
    unit: 'events/s',
    target: isJudged ? targets.append : undefined,
  }
  return figureOf(facts, samples.ours, samples.bare)
}

/** Shows how much our pool class changes the baseline: it adds retries and does not parse values from text. */
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
  const targetOfOurs = createAppendTargets(tenants, isHot)
  let ended: Promise<unknown> | undefined
  return {
    ours(batch) {
      const { number, tenant, streamId } = targetOfOurs()
      const events = Array.from({ length: batch }, (_, index) => makeEvent(number * batch + index))
      return store.append(tenant, { streamId, expected: { mode: 'any' }, events })
    },
    bare: (batch) => pool.query(bareStatement(mode, `insert_${batch}`, insertText(batch), rowsOfBare(batch))),
    bareByOurPool: (batch) =>
      bareDatabase.query({
        name: `insert_${batch}`,
        text: insertText(batch),
        columns: noColumns,
        values: rowsOfBare(batch),
      }),
    async end() {
      await (ended ??= Promise.all([database.end(), bareDatabase.end(), pool.end()]))
    },
  }
}
