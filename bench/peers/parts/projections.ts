import { Client } from 'pg'
import { Database, poolLimits } from '../../../shared/postgres/index.ts'
import { alternate, cpuForEach, readCpu } from '../../measure/index.ts'
import type { Figure, Sample } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { createTenants, startBenchServer } from '../../stage/index.ts'
import type { BenchServer } from '../../stage/index.ts'
import type { PeersContext } from '../arena.ts'
import { goals } from '../goals.ts'
import { skippedTools } from '../notes.ts'
import { figuresOf } from '../pairs.ts'
import { projectTallies, seedTallies, TALLY_TABLE } from '../tally.ts'
import type { TallyLog } from '../tally.ts'
import { Marten, MARTEN_VERSION } from '../tools/index.ts'

/** Few tenants with many events each, and many tenants with one stream each: there, a transaction each costs most. */
const logs: readonly TallyLog[] = [
  { tenants: 64, events: 60_000, perStream: 10 },
  { tenants: 3_000, events: 30_000, perStream: 10 },
]
/** The log of a run with --short. */
const shortLog: TallyLog = { tenants: 50, events: 1_000, perStream: 10 }

/** Projects the whole log into one row for each stream, a count and a sum: ours and Marten's asynchronous daemon. */
export async function projectionsPart(context: PeersContext): Promise<PartResult> {
  const { options } = context
  const { marten } = options.tools
  // Without Marten there is no ratio, and our rate alone says nothing.
  if (!('place' in marten))
    return { figures: [], skipped: skippedTools(options.tools, ['marten']), postgres: {} }
  const figures: Figure[] = []
  let postgres: PartResult['postgres'] = {}
  for (const log of options.isShort ? [shortLog] : logs) {
    const server = await context.cleanup.start(startBenchServer(), (started) => started.dispose())
    figures.push(...(await measureLog(context, server, marten.place, log)))
    postgres = await serverFacts(server.adminUrl)
    await server.dispose()
  }
  return {
    figures,
    notes: [
      `ours: the worker's login and its pool of ${poolLimits.backgroundConnectionsMax} connections, ${options.mode} statements, row-level security, each tenant a transaction of its own, exactly once`,
      `Marten ${MARTEN_VERSION}: its asynchronous daemon with a single-stream projection and conjoined tenants, the administrator's login; a turn begins with the start of the daemon and ends when its data is not stale`,
    ],
    skipped: [],
    postgres,
  }
}

async function measureLog(
  context: PeersContext,
  server: BenchServer,
  place: string,
  log: TallyLog,
): Promise<Figure[]> {
  const { options, note, cleanup } = context
  const name = `${log.events} events of ${log.tenants} tenants`
  note(`projections: ${name}`)
  const ours = await openOurs(context, server, log)
  const marten = await cleanup.start(
    Marten.open(place, server, poolLimits.backgroundConnectionsMax),
    (started) => started.end(),
  )
  await marten.seed(log)
  const samples = await alternate({ ours, Marten: () => martenTurn(marten, server, log) }, options.rounds)
  await marten.end()
  return figuresOf({ section: 'projections', name, unit: 'events/s' }, samples, [
    { ours: 'ours', with: 'Marten', target: goals.projectionsOverMarten },
  ])
}

/** One turn: the table is emptied, and a new projection goes through the whole log. */
async function openOurs(
  { options, cleanup }: PeersContext,
  server: BenchServer,
  log: TallyLog,
): Promise<() => Promise<Sample>> {
  const admin = new Client({ connectionString: server.adminUrl })
  // If the server ends first, the client emits an error, which would end the process without this listener.
  admin.on('error', () => {})
  await admin.connect()
  cleanup.add(() => admin.end())
  await admin.query(TALLY_TABLE)
  await seedTallies(server, await createTenants(server, log.tenants), log)
  const database = new Database({
    url: server.url('trickle_worker'),
    connectionsMax: poolLimits.backgroundConnectionsMax,
    statements: options.mode,
  })
  cleanup.add(() => database.end())
  const watched = { client: { kind: 'self' }, server: { kind: 'family', pid: server.pid } } as const
  let turn = 0
  return async () => {
    turn += 1
    await admin.query('truncate bench_tally.tallies')
    const before = readCpu(watched)
    const startMs = performance.now()
    await projectTallies(database, `tally-${turn}`)
    const seconds = (performance.now() - startMs) / 1_000
    const cpuMicros = cpuForEach(before, readCpu(watched), log.events)
    const { rows } = await admin.query<{ events: number }>(
      'select coalesce(sum(count), 0)::int as events from bench_tally.tallies',
    )
    checkEvents('ours', rows[0]?.events ?? 0, log)
    return { value: log.events / seconds, cpuMicros }
  }
}

async function martenTurn(marten: Marten, { pid }: BenchServer, log: TallyLog): Promise<Sample> {
  const watched = { server: { kind: 'family', pid } } as const
  const before = readCpu(watched)
  const { events, seconds, cpuSeconds } = await marten.project(log)
  const cpuMicros = cpuForEach(before, readCpu(watched), log.events)
  checkEvents('Marten', events, log)
  return { value: log.events / seconds, cpuMicros: { ...cpuMicros, client: (cpuSeconds * 1e6) / log.events } }
}

function checkEvents(who: string, events: number, log: TallyLog): void {
  if (events !== log.events) throw new Error(`${who} has projected ${events} of ${log.events} events`)
}
