import { alternate, runLoad } from '../../measure/index.ts'
import type { Figure, Sample } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { openArena, openWays } from '../arena.ts'
import type { PeersContext, Work } from '../arena.ts'
import { goals } from '../goals.ts'
import { skippedTools, toolNotes } from '../notes.ts'
import { figuresOf } from '../pairs.ts'
import type { Pair } from '../pairs.ts'
import { Pgbench } from '../tools/index.ts'
import { appendWorks } from '../works.ts'
import type { AppendWorks } from '../works.ts'

/** The measurements with one number of callers. pgbench has as many clients. */
interface Round {
  readonly callers: number
  readonly arms: (works: AppendWorks) => Readonly<Record<string, { work: Work; units: number }>>
  readonly pairs: readonly Pair[]
}

const PREPARED = 'pgbench prepared'
const SIMPLE = 'pgbench simple'

const rounds: readonly Round[] = [
  {
    callers: 8,
    arms: (works) => ({
      'ours direct': { work: works.direct(1), units: 1 },
      'ours coalesced': { work: works.coalescing(1), units: 1 },
      'ours tens': { work: works.direct(10), units: 10 },
      'ours tens coalesced': { work: works.coalescing(10), units: 10 },
    }),
    pairs: [
      { ours: 'ours direct', with: PREPARED, target: goals.singleOverPgbench },
      { ours: 'ours direct', with: SIMPLE },
      { ours: 'ours coalesced', with: PREPARED, target: goals.singleOverPgbench },
      { ours: 'ours tens', with: PREPARED, target: goals.tensOverPgbench },
      { ours: 'ours tens coalesced', with: PREPARED, target: goals.tensOverPgbench },
    ],
  },
  {
    callers: 32,
    arms: (works) => ({ 'ours coalesced': { work: works.coalescing(1), units: 1 } }),
    pairs: [
      { ours: 'ours coalesced', with: PREPARED, target: goals.coalesced32OverPgbench },
      { ours: 'ours coalesced', with: SIMPLE },
    ],
  },
  {
    callers: 128,
    arms: (works) => ({ 'ours coalesced': { work: works.coalescing(1), units: 1 } }),
    pairs: [
      { ours: 'ours coalesced', with: PREPARED, target: goals.coalesced128OverPgbench },
      { ours: 'ours coalesced', with: SIMPLE },
    ],
  },
]

/** Our events a second, divided by the rows a second of pgbench with one row in each transaction. */
export async function pgbenchPart(context: PeersContext): Promise<PartResult> {
  const { options, scratchFolder, note } = context
  const { tools } = options
  if ('missing' in tools.pgbench) {
    return { figures: [], skipped: skippedTools(tools, ['pgbench']), postgres: {} }
  }
  const arena = await openArena(context)
  const pgbench = await Pgbench.open(arena.server, arena.tenants, scratchFolder, arena.via)
  const ways = openWays(context, arena, options.connections)
  const works = appendWorks(context, arena, ways)
  const figures: Figure[] = []
  for (const { callers, arms, pairs } of rounds) {
    const turns: Record<string, () => Promise<Sample>> = {}
    for (const [name, { work, units }] of Object.entries(arms(works))) {
      const load = { concurrency: callers, unitsPerCall: units, durationMs: options.turnMs }
      turns[name] = () => runLoad(work, { ...load, watched: arena.watched })
    }
    note(`pgbench x ${callers} clients`)
    turns[PREPARED] = () => pgbench.turn('prepared', callers, options.turnMs)
    turns[SIMPLE] = () => pgbench.turn('simple', callers, options.turnMs)
    const samples = await alternate(turns, options.rounds)
    figures.push(
      ...figuresOf({ section: 'pgbench', name: `${callers} callers`, unit: 'events/s' }, samples, pairs),
    )
  }
  return {
    figures,
    notes: toolNotes(options),
    skipped: [],
    postgres: await serverFacts(arena.server.adminUrl),
  }
}
