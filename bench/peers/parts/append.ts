import type { Arm, Figure, Sample } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { makeEvent } from '../../stage/index.ts'
import {
  martenTurn,
  measureArms,
  openArena,
  openEmmettIn,
  openMartenIn,
  openMessageDbIn,
  openWays,
} from '../arena.ts'
import type { Arena, PeersContext } from '../arena.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { goals } from '../goals.ts'
import { skippedTools, toolNotes } from '../notes.ts'
import { figuresOf } from '../pairs.ts'
import type { Marten, MartenMode } from '../tools/index.ts'
import { appendWorks, emmettWork } from '../works.ts'

const tens = { events: 10, callers: 8 } as const

/** One event by each number of callers, and ten events by eight callers: ours, emmett, message-db, Marten, bare INSERT. */
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
    skipped: skippedTools(options.tools, ['emmett', 'messageDb', 'marten']),
    postgres: await serverFacts(arena.server.adminUrl),
  }
}

type Arms = Awaited<ReturnType<typeof openArms>>

async function openArms(context: PeersContext, arena: Arena) {
  const { connections } = context.options
  const ways = openWays(context, arena, connections)
  const emmett = await openEmmettIn(context, arena, connections)
  const messageDb = await openMessageDbIn(context, arena, connections)
  const marten = await openMartenIn(context, arena, connections)
  let number = 0
  return {
    works: appendWorks(context, arena, ways),
    martenOf: (events: number, callers: number): Record<string, Arm<Sample>> =>
      marten === null ? {} : martenArms(marten, arena, { events, callers, turnMs: context.options.turnMs }),
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
  { works, emmettOf, messageDb, martenOf }: Arms,
  concurrency: number,
): Promise<Figure[]> {
  const arms = {
    'ours direct': works.direct(1),
    'ours coalesced': works.coalescing(1),
    INSERT: works.bare(1),
    emmett: emmettOf(1),
    'message-db': messageDb,
  }
  const samples = await measureArms(context, arena, arms, { concurrency }, martenOf(1, concurrency))
  const facts = { section: 'append', name: `1 event, ${concurrency} callers`, unit: 'events/s' }
  return figuresOf(facts, samples, [
    { ours: 'ours direct', with: 'emmett', target: goals.singleOverEmmett },
    { ours: 'ours coalesced', with: 'emmett', target: goals.singleOverEmmett },
    { ours: 'ours direct', with: 'INSERT', target: goals.singleOverInsert },
    { ours: 'ours coalesced', with: 'INSERT', target: goals.singleOverInsert },
    { ours: 'ours direct', with: 'message-db' },
    { ours: 'ours coalesced', with: 'message-db' },
    { ours: 'ours direct', with: 'Marten quick' },
    { ours: 'ours coalesced', with: 'Marten quick', target: goals.singleOverMarten[concurrency] },
    { ours: 'ours coalesced', with: 'Marten rich' },
    { ours: 'emmett', with: 'INSERT' },
  ])
}

async function compareTens(
  context: PeersContext,
  arena: Arena,
  { works, emmettOf, martenOf }: Arms,
): Promise<Figure[]> {
  const { events, callers } = tens
  const arms = {
    'ours direct': works.direct(events),
    'ours coalesced': works.coalescing(events),
    INSERT: works.bare(events),
    emmett: emmettOf(events),
  }
  const load = { concurrency: callers, unitsPerCall: events }
  const samples = await measureArms(context, arena, arms, load, martenOf(events, callers))
  const facts = { section: 'append', name: `${events} events, ${callers} callers`, unit: 'events/s' }
  return figuresOf(facts, samples, [
    { ours: 'ours direct', with: 'emmett', target: goals.tensOverEmmett },
    { ours: 'ours coalesced', with: 'emmett', target: goals.tensOverEmmett },
    { ours: 'ours direct', with: 'INSERT' },
    { ours: 'ours coalesced', with: 'INSERT' },
    { ours: 'ours direct', with: 'Marten quick' },
    { ours: 'ours coalesced', with: 'Marten quick', target: goals.tensOverMarten },
    { ours: 'ours coalesced', with: 'Marten rich' },
    { ours: 'emmett', with: 'INSERT' },
  ])
}

/** Appends of both of Marten's modes, each to tables of its own. */
function martenArms(
  marten: Marten,
  arena: Arena,
  turn: { readonly events: number; readonly callers: number; readonly turnMs: number },
): Record<string, Arm<Sample>> {
  const armOf = (mode: MartenMode): Arm<Sample> => {
    return async () => {
      const sample = await martenTurn(arena, () => marten.append({ mode, ...turn }), turn.events)
      if (sample.load.conflicts > 0) throw new Error('two appends of Marten met on one stream')
      return sample
    }
  }
  return { 'Marten quick': armOf('quick'), 'Marten rich': armOf('rich') }
}
