import type { Figure } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { measureArms, openArena, openWays } from '../arena.ts'
import type { PeersContext } from '../arena.ts'
import { goals } from '../goals.ts'
import { toolNotes } from '../notes.ts'
import { cpuSamples, figuresOf } from '../pairs.ts'
import { appendWorks } from '../works.ts'

const CALLERS = [32, 64, 128] as const
const JUDGED_CALLERS = 64
const CPU_CALLERS = 32

/** Compares appends that share transactions with single appends and with the bare INSERT. */
export async function coalescedPart(context: PeersContext): Promise<PartResult> {
  const { options, note } = context
  const arena = await openArena(context)
  const ways = openWays(context, arena, options.connections)
  const works = appendWorks(context, arena, ways)
  const figures: Figure[] = []
  for (const concurrency of CALLERS) {
    note(`coalesced 1 x ${concurrency} callers`)
    const arms = {
      'ours coalesced': works.coalescing(1),
      'ours direct': works.direct(1),
      INSERT: works.bare(1),
    }
    const samples = await measureArms(context, arena, arms, { concurrency })
    const name = `1 event, ${concurrency} callers`
    figures.push(
      ...figuresOf({ section: 'coalesced', name, unit: 'events/s' }, samples, [
        {
          ours: 'ours coalesced',
          with: 'INSERT',
          target: concurrency === JUDGED_CALLERS ? goals.coalescedOverInsert : undefined,
        },
        { ours: 'ours coalesced', with: 'ours direct' },
        { ours: 'ours direct', with: 'INSERT' },
      ]),
      ...cpuFigures(`server CPU of an append, ${concurrency} callers`, samples, concurrency === CPU_CALLERS),
    )
  }
  return {
    figures,
    notes: toolNotes(options),
    skipped: [],
    postgres: await serverFacts(arena.server.adminUrl),
  }
}

function cpuFigures(
  name: string,
  samples: Awaited<ReturnType<typeof measureArms>>,
  isJudged: boolean,
): Figure[] {
  const coalesced = cpuSamples(samples['ours coalesced'] ?? [], 'server')
  const single = cpuSamples(samples['ours direct'] ?? [], 'server')
  if (coalesced === null || single === null || coalesced.length === 0) return []
  return figuresOf(
    { section: 'coalesced', name, unit: 'us' },
    { 'ours coalesced': coalesced, 'ours direct': single },
    [{ ours: 'ours coalesced', with: 'ours direct', target: isJudged ? goals.coalescedCpu : undefined }],
  )
}
