import { isTrickleError } from '../../../shared/errors/index.ts'
import type { EventStore } from '../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { alternate, countOf, runLoad } from '../../measure/index.ts'
import type { Arm, Sample } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { makeEvent } from '../../stage/index.ts'
import { martenTurn, openArena, openEmmettIn, openMartenIn, openWays } from '../arena.ts'
import type { Arena, PeersContext } from '../arena.ts'
import { goals } from '../goals.ts'
import { skippedTools, toolNotes } from '../notes.ts'
import { figuresOf } from '../pairs.ts'
import type { Marten } from '../tools/index.ts'

/** Each writer has its own connection. With a smaller pool fewer writers would reach the stream at the same time. */
const WRITERS = 16

type Attempt = () => Promise<'appended' | 'conflict'>

interface Tally {
  appended: number
  conflicts: number
}

/** Sixteen writers append to one stream without an expected version, so there is no reason for a conflict. */
export async function hotPart(context: PeersContext): Promise<PartResult> {
  const { options, note } = context
  const arena = await openArena(context)
  const ways = openWays(context, arena, WRITERS)
  const emmett = await openEmmettIn(context, arena, WRITERS)
  const [tenant] = arena.tenants
  if (tenant === undefined) throw new RangeError('there are no tenants')
  const arms: Record<string, Attempt | null> = {
    'ours direct': attempts(ways.direct, tenant, 'hot'),
    'ours coalesced': attempts(ways.coalescing, tenant, 'hot-coalesced'),
    emmett: emmett && (() => emmett.append('order-hot', [makeEvent(1)])),
  }
  const present = Object.entries(arms).filter((arm): arm is [string, Attempt] => arm[1] !== null)
  const tallies = new Map<string, Tally>()
  note(`hot stream x ${WRITERS} writers`)
  const turns = present.map(([name, attempt]) => {
    const total: Tally = { appended: 0, conflicts: 0 }
    tallies.set(name, total)
    return [name, () => turn(attempt, total, arena, options.turnMs)] as [string, Arm<Sample>]
  })
  const marten = await openMartenIn(context, arena, WRITERS)
  if (marten !== null) {
    const total: Tally = { appended: 0, conflicts: 0 }
    tallies.set('Marten quick', total)
    turns.push(['Marten quick', () => martenHotTurn(marten, total, arena, options.turnMs)])
  }
  const samples = await alternate(Object.fromEntries(turns), options.rounds)
  const name = `any, ${WRITERS} writers, one stream`
  return {
    figures: figuresOf({ section: 'hot', name, unit: 'successes/s' }, samples, [
      { ours: 'ours direct', with: 'emmett', target: goals.hotOverEmmett },
      { ours: 'ours coalesced', with: 'emmett', target: goals.hotOverEmmett },
      { ours: 'ours coalesced', with: 'Marten quick' },
      { ours: 'ours coalesced', with: 'ours direct' },
    ]),
    counts: [...tallies].flatMap(([arm, { appended, conflicts }]) => {
      const facts = { section: 'hot', unit: '' }
      const goal = arm.startsWith('ours') ? goals.hotConflicts : undefined
      return [
        countOf({ ...facts, name: `conflicts of ${arm}`, value: conflicts }, goal),
        countOf({ ...facts, name: `successes of ${arm}`, value: appended }),
      ]
    }),
    notes: toolNotes(options),
    skipped: skippedTools(options.tools, ['emmett', 'marten']),
    postgres: await serverFacts(arena.server.adminUrl),
  }
}

/** The rate of the appends that succeeded. A writer that was refused tries again at once. */
async function turn(attempt: Attempt, total: Tally, { watched }: Arena, durationMs: number): Promise<Sample> {
  const here: Tally = { appended: 0, conflicts: 0 }
  const work = async (): Promise<void> => {
    if ((await attempt()) === 'appended') here.appended += 1
    else here.conflicts += 1
  }
  const sample = await runLoad(work, { concurrency: WRITERS, durationMs, watched })
  total.appended += here.appended
  total.conflicts += here.conflicts
  return { ...sample, value: (sample.value * here.appended) / (here.appended + here.conflicts) }
}

/** Marten's writers try again at once, too. */
async function martenHotTurn(marten: Marten, total: Tally, arena: Arena, turnMs: number): Promise<Sample> {
  const order = { mode: 'quick', callers: WRITERS, events: 1, isHot: true, turnMs } as const
  const { load, ...sample } = await martenTurn(arena, () => marten.append(order))
  total.appended += load.calls
  total.conflicts += load.conflicts
  return sample
}

function attempts(store: EventStore, tenant: TenantContext, streamId: string): Attempt {
  let number = 0
  return async () => {
    number += 1
    try {
      await store.append(tenant, { streamId, expected: { mode: 'any' }, events: [makeEvent(number)] })
      return 'appended'
    } catch (error) {
      if (isTrickleError(error) && error.code === 'VERSION_CONFLICT') return 'conflict'
      throw error
    }
  }
}
