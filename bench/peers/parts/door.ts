import { alternate, countOf, median } from '../../measure/index.ts'
import type { Count, Figure, Target, Watched } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import {
  appSettings,
  buildBundles,
  createTenants,
  makeEvent,
  startBenchServer,
  startHost,
  startIssuer,
  storeEvents,
} from '../../stage/index.ts'
import type { BenchServer } from '../../stage/index.ts'
import type { PeersContext } from '../arena.ts'
import { goals } from '../goals.ts'
import { skippedTools } from '../notes.ts'
import { figuresOf } from '../pairs.ts'
import { Marten, MARTEN_VERSION, Wrk } from '../tools/index.ts'
import type { WrkRequests, WrkTurn } from '../tools/index.ts'

const EVENTS_PER_STREAM = 100
const STORED_STREAMS = 200
/** So many that two callers seldom meet on one stream. */
const APPEND_STREAMS = 4_000
const APPEND_CALLERS = [1, 16, 64] as const
const READ_CALLERS = 16
const TENANT = 'tenant-1'
/** What the program calls the first of its tenants. */
const KESTREL_TENANT = 'tenant-0'

/** A program that answers over HTTP, and whose CPU is read. */
interface Door {
  readonly url: string
  readonly watched: Readonly<Record<string, Watched>>
}

/**
 * The same requests over HTTP: to ours, as `npm start` runs it without forwarding, and to Kestrel with Marten, as a .NET
 * team would write it.
 */
export async function doorPart(context: PeersContext): Promise<PartResult> {
  const { options, cleanup, note } = context
  const { marten, wrk } = options.tools
  if (!('place' in marten) || !('place' in wrk))
    return { figures: [], skipped: skippedTools(options.tools, ['marten', 'wrk']), postgres: {} }
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  const bundles = await buildBundles(context.scratchFolder)
  const ours = await openOurs(context, server, bundles.ours)
  const idle = await openIdle(context, server, bundles.kernelRoute)
  const kestrel = await openKestrel(context, server, marten.place)
  const figures: Figure[] = []
  const counts: Count[] = []
  const compare = async (kind: Kind, callers: number): Promise<void> => {
    note(`${kind.name} x ${callers} callers`)
    const result = await compareDoors(context, { ours, idle, kestrel }, kind, callers)
    figures.push(...result.figures)
    counts.push(...result.counts)
  }
  for (const callers of APPEND_CALLERS) await compare(appendKind(ours.token), callers)
  await compare(readKind(ours.token), READ_CALLERS)
  return {
    figures,
    counts,
    notes: [
      'a route without work: the same host, and a route of our kernel that reads the body and answers',
      "ours: the local host (front, the library's HTTP server, our code) in one process, tokens, row-level security; nothing is forwarded meanwhile",
      `Kestrel: one process, minimal API, no tokens, Marten ${MARTEN_VERSION} with quick appends and a pool of the same size, the administrator's login`,
      `${wrk.place}, one thread, kept connections; its CPU is the same for both`,
    ],
    skipped: [],
    postgres: await serverFacts(server.adminUrl),
  }
}

async function openOurs(
  { cleanup, scratchFolder }: PeersContext,
  server: BenchServer,
  appFolder: string,
): Promise<Door & { readonly token: string }> {
  const tenants = await createTenants(server, 1)
  const count = STORED_STREAMS * EVENTS_PER_STREAM
  await storeEvents(server.adminUrl, { tenants, count, eventsPerStream: EVENTS_PER_STREAM })
  const issuer = await cleanup.start(startIssuer(scratchFolder), (started) => started.stop())
  const starting = startHost(appFolder, scratchFolder, appSettings(server, issuer))
  const host = await cleanup.start(starting, (started) => started.stop())
  return {
    url: host.facts.url,
    token: await issuer.token(TENANT),
    watched: { host: { kind: 'process', pid: host.pid }, server: { kind: 'family', pid: server.pid } },
  }
}

/** The same host with a route that reads the body and answers: what the platform's hops leave for any app. */
async function openIdle(
  { cleanup, scratchFolder }: PeersContext,
  server: BenchServer,
  appFolder: string,
): Promise<Door> {
  const host = await cleanup.start(startHost(appFolder, scratchFolder, {}), (started) => started.stop())
  return {
    url: host.facts.url,
    watched: { host: { kind: 'process', pid: host.pid }, server: { kind: 'family', pid: server.pid } },
  }
}

async function openKestrel(
  { options, cleanup }: PeersContext,
  server: BenchServer,
  place: string,
): Promise<Door> {
  const opening = Marten.open(place, server, options.connections)
  const marten = await cleanup.start(opening, (started) => started.end())
  await marten.writeStreams({ streams: STORED_STREAMS, perStream: EVENTS_PER_STREAM, tenants: 1 })
  const { url, pid } = await marten.serve()
  return { url, watched: { host: { kind: 'process', pid }, server: { kind: 'family', pid: server.pid } } }
}

interface Kind {
  readonly name: string
  readonly ours: WrkRequests
  readonly kestrel: WrkRequests
  readonly target: Target | undefined
}

const appendKind = (token: string): Kind => {
  const requests = { method: 'POST', numbers: APPEND_STREAMS, after: '/events' } as const
  const events = Array.from({ length: 64 }, (_, number) => makeEvent(number))
  return {
    name: 'append 1 event',
    ours: {
      ...requests,
      before: '/api/streams/order-',
      token,
      bodies: events.map((event) => JSON.stringify(event)),
    },
    kestrel: {
      ...requests,
      before: `/${KESTREL_TENANT}/streams/order-`,
      bodies: events.map(({ type, data, metadata }) =>
        JSON.stringify({ type, data: { ...(data as object), metadata } }),
      ),
    },
    target: goals.doorOverKestrel,
  }
}

const readKind = (token: string): Kind => {
  const requests = { method: 'GET', numbers: STORED_STREAMS, bodies: [] } as const
  return {
    name: `read ${EVENTS_PER_STREAM} events`,
    ours: {
      ...requests,
      before: '/api/streams/stored-',
      after: `/events?limit=${EVENTS_PER_STREAM}`,
      token,
    },
    kestrel: { ...requests, before: `/${KESTREL_TENANT}/streams/stored-`, after: '/events' },
    target: undefined,
  }
}

async function compareDoors(
  { options, scratchFolder }: PeersContext,
  doors: { readonly ours: Door; readonly idle: Door; readonly kestrel: Door },
  kind: Kind,
  callers: number,
): Promise<{ figures: Figure[]; counts: Count[] }> {
  const name = `${kind.name}, ${callers} callers`
  const turnOf = async (door: Door, requests: WrkRequests, arm: string): Promise<() => Promise<WrkTurn>> => {
    const wrk = await Wrk.open(door.url, scratchFolder, `${arm}-${requests.method}`, requests)
    return () => wrk.turn(callers, options.turnMs, door.watched)
  }
  const samples = await alternate(
    {
      ours: await turnOf(doors.ours, kind.ours, 'ours'),
      'a route without work': await turnOf(doors.idle, kind.ours, 'idle'),
      Kestrel: await turnOf(doors.kestrel, kind.kestrel, 'kestrel'),
    },
    options.rounds,
  )
  const pairs = [
    { ours: 'ours', with: 'Kestrel', target: kind.target },
    { ours: 'a route without work', with: 'Kestrel', target: undefined },
  ]
  return {
    figures: figuresOf({ section: 'door', name, unit: 'requests/s' }, samples, pairs),
    counts: Object.entries(samples).map(([arm, turns]) => {
      const p99Ms = median(turns.map((turn) => turn.p99Ms))
      return countOf({ section: 'door', name: `${name}: p99 of ${arm}`, value: p99Ms, unit: 'ms' })
    }),
  }
}
