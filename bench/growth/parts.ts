import type { Part, PartContext } from '../command/index.ts'
import { alternate, figureOf, runLoad } from '../measure/index.ts'
import type { Figure, Sample, Watched } from '../measure/index.ts'
import type { PartResult } from '../report/index.ts'
import { serverFacts } from '../sections/server-facts.ts'
import { startBenchServer } from '../stage/index.ts'
import type { BenchServer } from '../stage/index.ts'
import { checkDisk } from './disk.ts'
import { FEED_PAGE, openLog } from './log.ts'
import type { Log } from './log.ts'
import type { GrowthOptions, PartName } from './options.ts'
import { EVENTS_PER_STREAM } from './seed.ts'

const CALLERS = 8

/** Time of an operation on a grown log, divided by its time on the smallest log. */
const growthGoal = { comparison: 'at-most', value: 1.3 } as const

/** The pages of 1,000 streams of each log fit in memory: figures show index depth and query plans, not the disk. */
const settings = { shared_buffers: '1GB' } as const

export const parts: Readonly<Record<PartName, Part<GrowthOptions>>> = { growth: growthPart }

/** Measures the same operations on logs of several sizes, each log in turns with the smallest one. */
async function growthPart(context: PartContext<GrowthOptions>): Promise<PartResult> {
  const { options, cleanup, note } = context
  const plans = options.sizes.flatMap((events) =>
    options.tenantCounts.map((tenants) => ({ events, tenants })),
  )
  await checkDisk(plans.reduce((sum, plan) => sum + plan.events, 0))
  const server = await cleanup.start(startBenchServer(settings), (started) => started.dispose())
  const logs: Log[] = []
  for (const plan of plans) logs.push(await openLog(context, server, plan))
  const [smallest, ...grown] = logs
  if (smallest === undefined) throw new RangeError('there are no sizes')
  const figures: Figure[] = []
  for (const [kind, work] of Object.entries(operations)) {
    note(kind)
    for (const log of grown) figures.push(await compare(context, server, { kind, work, log, smallest }))
  }
  return {
    figures,
    notes: [
      `every log is a database of one server; operations go to 1,000 streams from all over each log and pages of all tenants to 100 places, which fits in memory at every size; baseline: ${smallest.name}`,
      'the value is the time of one operation under eight callers: time / callers',
    ],
    skipped: [],
    postgres: await serverFacts(server.adminUrl),
  }
}

const operations: Readonly<Record<string, (log: Log) => Promise<unknown>>> = {
  'append of 1 event': (log) => log.append(),
  [`stream read of ${EVENTS_PER_STREAM} events`]: (log) => log.readStream(),
  [`tenant feed page of ${EVENTS_PER_STREAM} events`]: (log) => log.readTenantFeed(),
  [`all tenants' feed page of ${FEED_PAGE} events`]: (log) => log.readAllTenants(),
}

interface Case {
  readonly kind: string
  readonly work: (log: Log) => Promise<unknown>
  readonly log: Log
  readonly smallest: Log
}

async function compare(
  { options }: PartContext<GrowthOptions>,
  server: BenchServer,
  { kind, work, log, smallest }: Case,
): Promise<Figure> {
  const watched: Record<string, Watched> = {
    client: { kind: 'self' },
    server: { kind: 'family', pid: server.pid },
  }
  const load = { concurrency: CALLERS, durationMs: options.turnMs, watched }
  const turn = async (on: Log): Promise<Sample> => timeOf(await runLoad(() => work(on), load))
  const samples = await alternate({ grown: () => turn(log), smallest: () => turn(smallest) }, options.rounds)
  const facts = {
    section: 'growth',
    name: `${kind}: ${log.name}`,
    candidate: log.name,
    baseline: smallest.name,
    unit: 'us',
    target: growthGoal,
  }
  return figureOf(facts, samples.grown, samples.smallest)
}

/** Turns a rate (answers a second) into the time between two answers, in microseconds. */
const timeOf = ({ value, cpuMicros }: Sample): Sample => ({ value: 1_000_000 / value, cpuMicros })
