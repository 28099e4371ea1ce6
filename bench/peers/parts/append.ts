import type { Figure } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { makeEvent } from '../../stage/index.ts'
import {
  measureArms,
  openArena,
  openEmmettIn,
  openMessageDbIn,
  openWays,
  type PeersContext,
} from '../arena.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { goals } from '../goals.ts'
import { skippedTools, toolNotes } from '../notes.ts'
import { figuresOf } from '../pairs.ts'
import { appendWorks, emmettWork } from '../works.ts'

const tens = { events: 10, callers: 8 } as const

/** One event by so many callers, and ten by eight: ours, emmett, message-db, the bare INSERT. */
export async function appendPart(context: PeersContext): Promise<PartResult> {
  const { options, note } = context
  const arena = await openArena(context)
  const ways = openWays(context, arena, options.connections)
  const emmett = await openEmmettIn(context, arena, options.connections)
  const messageDb = await openMessageDbIn(context, arena, options.connections)
  const works = appendWorks(context, arena, ways)
  const figures: Figure[] = []
  let number = 0
  for (const concurrency of options.concurrencies) {
    note(`append 1 x ${concurrency} callers`)
    const arms = {
      'ours direct': works.direct(1),
      'ours coalesced': works.coalescing(1),
      INSERT: works.bare(1),
      emmett: emmett && emmettWork(emmett, 1),
      // All streams of a category wait for each other in message-db, so each caller has one of its own.
      'message-db':
        messageDb &&
        ((caller: number) => messageDb.append(`order${caller}-${(number += 1) % 200}`, makeEvent(number))),
    }
    const samples = await measureArms(context, arena, arms, { concurrency })
    const facts = { section: 'append', name: `1 event, ${concurrency} callers`, unit: 'events/s' }
    figures.push(
      ...figuresOf(facts, samples, [
        { ours: 'ours direct', with: 'emmett', target: goals.singleOverEmmett },
        { ours: 'ours coalesced', with: 'emmett', target: goals.singleOverEmmett },
        { ours: 'ours direct', with: 'INSERT', target: goals.singleOverInsert },
        { ours: 'ours coalesced', with: 'INSERT', target: goals.singleOverInsert },
        { ours: 'ours direct', with: 'message-db' },
        { ours: 'ours coalesced', with: 'message-db' },
        { ours: 'emmett', with: 'INSERT' },
      ]),
    )
  }
  note(`append ${tens.events} x ${tens.callers} callers`)
  const arms = {
    'ours direct': works.direct(tens.events),
    'ours coalesced': works.coalescing(tens.events),
    INSERT: works.bare(tens.events),
    emmett: emmett && emmettWork(emmett, tens.events),
  }
  const load = { concurrency: tens.callers, unitsPerCall: tens.events }
  const samples = await measureArms(context, arena, arms, load)
  const facts = { section: 'append', name: `10 events, ${tens.callers} callers`, unit: 'events/s' }
  figures.push(
    ...figuresOf(facts, samples, [
      { ours: 'ours direct', with: 'emmett', target: goals.tensOverEmmett },
      { ours: 'ours coalesced', with: 'emmett', target: goals.tensOverEmmett },
      { ours: 'ours direct', with: 'INSERT' },
      { ours: 'ours coalesced', with: 'INSERT' },
      { ours: 'emmett', with: 'INSERT' },
    ]),
  )
  return {
    figures,
    notes: toolNotes(options),
    skipped: skippedTools(options.tools, ['emmett', 'messageDb']),
    postgres: await serverFacts(arena.server.adminUrl),
  }
}
