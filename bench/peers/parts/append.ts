import type { Figure } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { makeEvent } from '../../stage/index.ts'
import { measureArms, openArena, openEmmettIn, openMessageDbIn, openWays } from '../arena.ts'
import type { Arena, PeersContext } from '../arena.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { goals } from '../goals.ts'
import { skippedTools, toolNotes } from '../notes.ts'
import { figuresOf } from '../pairs.ts'
import { appendWorks, emmettWork } from '../works.ts'

const tens = { events: 10, callers: 8 } as const

/** One event by each number of callers, and ten events by eight callers: ours, emmett, message-db, bare INSERT. */
export async function appendPart(context: PeersContext): Promise<PartResult> {
  const { options, note } = context
  const arena = await openArena(context)
  const arms = await openArms(context, arena)
  const figures: Figure[] = []
  for (const concurrency of options.concurrencies) {
    note(`append 1 x ${concurrency} callers`)
    figures.push(...(await compareSingles(context, arena, arms, concurrency)))
  }
  note(`append ${tens.events} x ${tens.callers} callers`)
  figures.push(...(await compareTens(context, arena, arms)))
  return {
    figures,
    notes: toolNotes(options),
    skipped: skippedTools(options.tools, ['emmett', 'messageDb']),
    postgres: await serverFacts(arena.server.adminUrl),
  }
}

type Arms = Awaited<ReturnType<typeof openArms>>

async function openArms(context: PeersContext, arena: Arena) {
  const { connections } = context.options
  const ways = openWays(context, arena, connections)
  const emmett = await openEmmettIn(context, arena, connections)
  const messageDb = await openMessageDbIn(context, arena, connections)
  let number = 0
  return {
    works: appendWorks(context, arena, ways),
    emmettOf: (events: number) => emmett && emmettWork(emmett, events),
    // In message-db all streams of a category wait for each other, so each caller has a category of its own.
    messageDb:
      messageDb &&
      ((caller: number) => messageDb.append(`order${caller}-${(number += 1) % 200}`, makeEvent(number))),
  }
}

async function compareSingles(
  context: PeersContext,
  arena: Arena,
  { works, emmettOf, messageDb }: Arms,
  concurrency: number,
): Promise<Figure[]> {
  const arms = {
    'ours direct': works.direct(1),
    'ours coalesced': works.coalescing(1),
    INSERT: works.bare(1),
    emmett: emmettOf(1),
    'message-db': messageDb,
  }
  const samples = await measureArms(context, arena, arms, { concurrency })
  const facts = { section: 'append', name: `1 event, ${concurrency} callers`, unit: 'events/s' }
  return figuresOf(facts, samples, [
    { ours: 'ours direct', with: 'emmett', target: goals.singleOverEmmett },
    { ours: 'ours coalesced', with: 'emmett', target: goals.singleOverEmmett },
    { ours: 'ours direct', with: 'INSERT', target: goals.singleOverInsert },
    { ours: 'ours coalesced', with: 'INSERT', target: goals.singleOverInsert },
    { ours: 'ours direct', with: 'message-db' },
    { ours: 'ours coalesced', with: 'message-db' },
    { ours: 'emmett', with: 'INSERT' },
  ])
}

async function compareTens(
  context: PeersContext,
  arena: Arena,
  { works, emmettOf }: Arms,
): Promise<Figure[]> {
  const { events, callers } = tens
  const arms = {
    'ours direct': works.direct(events),
    'ours coalesced': works.coalescing(events),
    INSERT: works.bare(events),
    emmett: emmettOf(events),
  }
  const samples = await measureArms(context, arena, arms, { concurrency: callers, unitsPerCall: events })
  const facts = { section: 'append', name: `${events} events, ${callers} callers`, unit: 'events/s' }
  return figuresOf(facts, samples, [
    { ours: 'ours direct', with: 'emmett', target: goals.tensOverEmmett },
    { ours: 'ours coalesced', with: 'emmett', target: goals.tensOverEmmett },
    { ours: 'ours direct', with: 'INSERT' },
    { ours: 'ours coalesced', with: 'INSERT' },
    { ours: 'emmett', with: 'INSERT' },
  ])
}
