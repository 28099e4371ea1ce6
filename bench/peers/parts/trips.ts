import { Database } from '../../../shared/postgres/index.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { countOf } from '../../measure/index.ts'
import type { Count, Target } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { makeEvent, STATEMENT_MODES } from '../../stage/index.ts'
import { openArena } from '../arena.ts'
import type { Arena, PeersContext, Work } from '../arena.ts'
import { goals } from '../goals.ts'
import { skippedTools } from '../notes.ts'
import { coalescingStore, directStore } from '../stores.ts'
import { openEmmett, openMessageDb } from '../tools/index.ts'
import { eventsFrom } from '../works.ts'

const CALLS = 50

/** Counts the round trips of one append and of one read, with a proxy between client and server. */
export async function tripsPart(context: PeersContext): Promise<PartResult> {
  const { options, cleanup, note } = context
  const arena = await openArena(context)
  const proxy = await cleanup.start(TcpProxy.start(arena.server.adminUrl), (started) => started.close())
  note('round trips')
  const counts = await countOurs(context, arena, proxy)
  return {
    figures: [],
    counts: [...counts, ...(await countPeers(context, arena, proxy))],
    skipped: skippedTools(options.tools, ['emmett', 'messageDb']),
    postgres: await serverFacts(arena.server.adminUrl),
  }
}

async function countOurs(
  { cleanup }: PeersContext,
  { server, tenants }: Arena,
  proxy: TcpProxy,
): Promise<Count[]> {
  const [tenant] = tenants
  if (tenant === undefined) throw new RangeError('there are no tenants')
  const url = proxy.url(server.url('trickle_app'))
  const open = (statements: 'named' | 'unnamed', connectionsMax: number): Database => {
    const database = new Database({ url, connectionsMax, statements })
    cleanup.add(() => database.end())
    return database
  }
  const append = (store: ReturnType<typeof directStore>, events: number): Work => {
    let number = 0
    return (caller) => {
      const streamId = `trips-${caller}-${(number += 1) % 10}`
      return store.append(tenant, { streamId, expected: { mode: 'any' }, events: eventsFrom(number, events) })
    }
  }
  const counts: Count[] = []
  for (const mode of STATEMENT_MODES) {
    const store = directStore(open(mode, 1))
    const streamId = 'trips-0-1'
    const cases: Readonly<Record<string, Work>> = {
      'append of 1 event': append(store, 1),
      'append of 10 events': append(store, 10),
      'stream read': () => store.readStream(tenant, { streamId, backward: false, limit: 100 }),
      'feed read': () => store.readFeed(tenant, { limit: 100 }),
    }
    for (const [name, work] of Object.entries(cases)) {
      counts.push(await tripsOf(proxy, `ours direct: ${name}, ${mode}`, work, 1, goals.roundTrips))
    }
  }
  const coalescing = coalescingStore(open('unnamed', 1))
  counts.push(await tripsOf(proxy, 'ours coalesced: append of 1 event, 1 caller', append(coalescing, 1), 1))
  counts.push(
    await tripsOf(proxy, 'ours coalesced: append of 1 event, 32 callers', append(coalescing, 1), 32),
  )
  return counts
}

async function countPeers(
  { options, cleanup }: PeersContext,
  { server }: Arena,
  proxy: TcpProxy,
): Promise<Count[]> {
  const counts: Count[] = []
  const { emmett, messageDb } = options.tools
  const via = (url: string): string => proxy.url(url)
  if ('place' in emmett) {
    const peer = await cleanup.start(openEmmett(emmett.place, server, 1, via), (opened) => opened.end())
    counts.push(
      await tripsOf(proxy, 'emmett: append of 1 event', () => peer.append('order-1', [makeEvent(1)]), 1),
      await tripsOf(proxy, 'emmett: stream read', () => peer.read('warm-up', 1), 1),
    )
  }
  if ('place' in messageDb) {
    const peer = await cleanup.start(openMessageDb(messageDb.place, server, 1, via), (opened) => opened.end())
    counts.push(
      await tripsOf(proxy, 'message-db: append of 1 event', () => peer.append('order-1', makeEvent(1)), 1),
    )
  }
  return counts
}

/** Round trips of one call. A call before it connects and, for named statements, prepares: it is not counted. */
async function tripsOf(
  proxy: TcpProxy,
  name: string,
  work: Work,
  callers: number,
  target?: Target,
): Promise<Count> {
  await work(0)
  const before = proxy.roundTrips
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let call = 0; call < CALLS; call += 1) await work(caller)
    }),
  )
  const value = (proxy.roundTrips - before) / (CALLS * callers)
  return countOf({ section: 'trips', name, value, unit: 'round trips' }, target)
}
