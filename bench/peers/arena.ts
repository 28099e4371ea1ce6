import type { Pool } from 'pg'
import type { EventStore } from '../../shared/event-store/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { PartContext } from '../command/index.ts'
import { alternate, cpuForEach, readCpu, runLoad } from '../measure/index.ts'
import type { Arm, Sample, Watched } from '../measure/index.ts'
import {
  APPEND_TENANTS,
  createBarePool,
  createBareTable,
  createTenants,
  startBenchServer,
} from '../stage/index.ts'
import type { BenchServer } from '../stage/index.ts'
import { TcpProxy } from '../../packages/tcp-proxy/index.ts'
import type { PeersOptions } from './options.ts'
import { coalescingStore, directStore } from './stores.ts'
import { Marten, openEmmett, openMessageDb } from './tools/index.ts'
import type { Emmett, MartenLoad, MessageDb } from './tools/index.ts'

export type PeersContext = PartContext<PeersOptions>

/** One server on which everything is compared. */
export interface Arena {
  readonly server: BenchServer
  readonly tenants: readonly TenantContext[]
  readonly watched: Readonly<Record<string, Watched>>
  /** The url that measured code uses for this url: the same, or through a proxy that delays (--round-trip-ms). */
  readonly via: (url: string) => string
}

/** Our ways to append, and the bare INSERT. Each has a pool of the same size. */
export interface Ways {
  readonly direct: EventStore
  readonly coalescing: EventStore
  readonly bare: Pool
}

export async function openArena({ options, cleanup }: PeersContext): Promise<Arena> {
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  await createBareTable(server.adminUrl)
  const { roundTripMs } = options
  const far =
    roundTripMs === 0
      ? null
      : await cleanup.start(TcpProxy.start(server.adminUrl, { delayMs: roundTripMs }), (started) =>
          started.close(),
        )
  return {
    server,
    via: (url) => far?.url(url) ?? url,
    tenants: await createTenants(server, APPEND_TENANTS),
    watched: { client: { kind: 'self' }, server: { kind: 'family', pid: server.pid } },
  }
}

/** Opens the pools. They are ended with the part. */
export function openWays(
  { options, cleanup }: PeersContext,
  { server, via }: Arena,
  connections: number,
): Ways {
  const url = via(server.url('trickle_app'))
  const login = { url, connectionsMax: connections, statements: options.mode }
  const databases = [new Database(login), new Database(login)] as const
  const bare = createBarePool(url, connections)
  cleanup.add(() => Promise.all([...databases.map((database) => database.end()), bare.end()]))
  return { direct: directStore(databases[0]), coalescing: coalescingStore(databases[1]), bare }
}

/** Null when it is left out. */
export async function openEmmettIn(
  { options, cleanup }: PeersContext,
  { server, via }: Arena,
  connections: number,
): Promise<Emmett | null> {
  const { emmett } = options.tools
  if (!('place' in emmett)) return null
  return cleanup.start(openEmmett(emmett.place, server, connections, via), (opened) => opened.end())
}

/** Null when it is left out. */
export async function openMessageDbIn(
  { options, cleanup }: PeersContext,
  { server, via }: Arena,
  connections: number,
): Promise<MessageDb | null> {
  const { messageDb } = options.tools
  if (!('place' in messageDb)) return null
  return cleanup.start(openMessageDb(messageDb.place, server, connections, via), (opened) => opened.end())
}

/** Null when it is left out. */
export async function openMartenIn(
  { options, cleanup }: PeersContext,
  { server, via }: Arena,
  connections: number,
): Promise<Marten | null> {
  const { marten } = options.tools
  if (!('place' in marten)) return null
  return cleanup.start(Marten.open(marten.place, server, connections, via), (opened) => opened.end())
}

/** A turn that Marten's own process makes. The CPU of that process is the client's. */
export async function martenTurn(
  { watched }: Arena,
  turn: () => Promise<MartenLoad>,
  unitsPerCall = 1,
): Promise<Sample & { readonly load: MartenLoad }> {
  const before = readCpu(watched)
  const load = await turn()
  const micros = cpuForEach(before, readCpu(watched), load.calls)
  return {
    value: (load.calls * unitsPerCall) / load.seconds,
    cpuMicros: { ...micros, client: (load.cpuSeconds * 1e6) / load.calls },
    load,
  }
}

export type Work = (caller: number) => Promise<unknown>

/**
 * Measures the arms that are not null in turns, each under the same closed-loop load. `outside`: arms that make the
 * load themselves, in a process of their own.
 */
export async function measureArms(
  { options }: PeersContext,
  { watched }: Arena,
  arms: Readonly<Record<string, Work | null>>,
  load: { readonly concurrency: number; readonly unitsPerCall?: number },
  outside: Readonly<Record<string, Arm<Sample>>> = {},
): Promise<Record<string, Sample[]>> {
  const present = Object.entries(arms).filter((arm): arm is [string, Work] => arm[1] !== null)
  const turns = present.map(
    ([name, work]) => [name, () => runLoad(work, { ...load, durationMs: options.turnMs, watched })] as const,
  )
  return alternate({ ...Object.fromEntries(turns), ...outside }, options.rounds)
}
