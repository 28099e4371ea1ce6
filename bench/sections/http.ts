import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database, instanceLimits } from '../../shared/postgres/index.ts'
import { alternate, figureOf, runLoad } from '../measure/index.ts'
import type { Figure, Sample, Watched } from '../measure/index.ts'
import {
  appSettings,
  buildBundles,
  createTenants,
  HttpCaller,
  makeEvent,
  startBenchServer,
  startHost,
  startIssuer,
  storeEvents,
} from '../stage/index.ts'
import type { BenchHost, BenchServer, Call } from '../stage/index.ts'
import { appendDirectly, costFigures } from './http-cost.ts'
import { serverFacts } from './server-facts.ts'
import type { BenchOptions, SectionContext, SectionResult } from './section.ts'

const EVENTS_PER_STREAM = 100
const STREAMS = 200

/**
 * Compares our routes with a route of the kernel that does nothing, and that one with a bare server and with a route of
 * the library: on the same host, over kept connections.
 */
export async function httpSection(context: SectionContext): Promise<SectionResult> {
  const { options, cleanup, scratchFolder, note } = context
  const bundles = await buildBundles(scratchFolder)
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  const tenants = await createTenants(server, 1)
  await storeEvents(server.adminUrl, {
    tenants,
    count: STREAMS * EVENTS_PER_STREAM,
    eventsPerStream: EVENTS_PER_STREAM,
  })
  const issuer = await cleanup.start(startIssuer(scratchFolder), (started) => started.stop())
  const token = await issuer.token(tenants[0]?.slug ?? '')
  const startingOurs = startHost(bundles.ours, scratchFolder, appSettings(server, issuer))
  const ours = await cleanup.start(startingOurs, (started) => started.stop())
  const startIdle = (folder: string): Promise<BenchHost> =>
    cleanup.start(startHost(folder, scratchFolder, {}), (started) => started.stop())
  const idle: Idle = {
    trivial: await startIdle(bundles.kernelRoute),
    library: await startIdle(bundles.oneRoute),
    bare: await startIdle(bundles.bareServer),
  }
  const login = {
    url: server.url('trickle_app'),
    connectionsMax: options.connections,
    statements: 'named',
  } as const
  const database = new Database(login)
  cleanup.add(() => database.end())
  const store = new PostgresEventStore(database)
  const figures: Figure[] = []
  for (const concurrency of options.concurrencies) {
    const hosts = { ours, ...idle, server, concurrency, options }
    const ownCost = (): Promise<Sample> =>
      appendDirectly(store, tenants, { concurrency, durationMs: options.turnMs })
    note(`http append x ${concurrency} callers`)
    figures.push(...(await compare(hosts, appendKind(token), ownCost)))
    note(`http read x ${concurrency} callers`)
    figures.push(...(await compare(hosts, readKind(token))))
  }
  return { figures, skipped: [], postgres: await serverFacts(server.adminUrl) }
}

/** A kind of request. The same request is sent to the route that does nothing, with answers of the same size. */
interface Kind {
  readonly name: string
  readonly candidate: string
  call(number: number): Call
  twin(call: Call, answerBytes: number): Call
}

const appendKind = (token: string): Kind => ({
  name: 'append 1 event',
  candidate: 'POST /api/streams/{id}/events',
  call: (number) => ({
    method: 'POST',
    path: `/api/streams/order-${number % 5_000}/events`,
    token,
    body: JSON.stringify(makeEvent(number)),
    expectedStatus: 201,
  }),
  twin,
})

const readKind = (token: string): Kind => ({
  name: `read ${EVENTS_PER_STREAM} events`,
  candidate: `GET /api/streams/{id}/events?limit=${EVENTS_PER_STREAM}`,
  call: (number) => ({
    method: 'GET',
    path: `/api/streams/stored-${number % STREAMS}/events?limit=${EVENTS_PER_STREAM}`,
    token,
    expectedStatus: 200,
  }),
  twin,
})

/** The same method, headers and body. The answer is filled up to the size of ours. */
function twin(call: Call, answerBytes: number): Call {
  return { ...call, path: `/api/nothing?bytes=${answerBytes}`, expectedStatus: 200 }
}

/** Apps that do nothing for a request. */
interface Idle {
  /** A route of our kernel. */
  readonly trivial: BenchHost
  /** A route of the library. */
  readonly library: BenchHost
  /** A bare server. */
  readonly bare: BenchHost
}

interface Hosts extends Idle {
  readonly ours: BenchHost
  readonly server: BenchServer
  readonly concurrency: number
  readonly options: BenchOptions
}

/** @param ownCost a turn of the same work by the store alone, without HTTP */
async function compare(hosts: Hosts, kind: Kind, ownCost?: () => Promise<Sample>): Promise<Figure[]> {
  const { concurrency, options } = hosts
  const callers: HttpCaller[] = []
  let number = 0
  const armOf = (host: BenchHost, make: (number: number) => Call): (() => Promise<Sample>) => {
    const caller = new HttpCaller(host.facts.url, concurrency)
    callers.push(caller)
    return () =>
      runLoad(() => caller.call(make((number += 1))), {
        concurrency,
        durationMs: options.turnMs,
        watched: watchedOf(host, hosts.server),
      })
  }
  try {
    const first = new HttpCaller(hosts.ours.facts.url, concurrency)
    callers.push(first)
    const answerBytes = await first.call(kind.call(number))
    const twin = (next: number): Call => kind.twin(kind.call(next), answerBytes)
    const arms: Record<string, () => Promise<Sample>> = {
      ours: armOf(hosts.ours, (next) => kind.call(next)),
      trivial: armOf(hosts.trivial, twin),
      library: armOf(hosts.library, twin),
      bare: armOf(hosts.bare, twin),
    }
    if (ownCost !== undefined) arms['store'] = ownCost
    const samples = await alternate(arms, options.rounds)
    const facts = {
      section: 'http',
      name: `${kind.name}, ${concurrency} callers`,
      candidate: kind.candidate,
      baseline: `a route of the kernel that answers ${answerBytes} bytes and does nothing`,
      unit: 'requests/s',
    }
    const rates = figureOf(facts, samples['ours'] ?? [], samples['trivial'] ?? [])
    return [
      rates,
      ...costFigures(
        { name: facts.name, isTargeted: concurrency === instanceLimits.httpConcurrency },
        samples,
      ),
    ]
  } finally {
    for (const caller of callers) caller.close()
  }
}

const watchedOf = (host: BenchHost, server: BenchServer): Record<string, Watched> => ({
  client: { kind: 'self' },
  host: { kind: 'process', pid: host.pid },
  server: { kind: 'family', pid: server.pid },
})
