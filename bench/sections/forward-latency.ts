import { alternate, figureOf, percentileOf, timeCalls } from '../measure/index.ts'
import type { Figure, Sample } from '../measure/index.ts'
import {
  appSettings,
  buildBundles,
  createTenants,
  ForwardingHost,
  HttpCaller,
  makeEvent,
  startAnalytics,
  startBenchServer,
  startHost,
  startIssuer,
} from '../stage/index.ts'
import type { BenchHost } from '../stage/index.ts'
import { serverFacts } from './server-facts.ts'
import { targets } from './section.ts'
import type { SectionContext, SectionResult } from './section.ts'

const DATABASE = 'trickle'
const STREAMS = 5_000

/** Requests of one turn. A 95th percentile of fewer moves from turn to turn. */
const requests = { long: 5_000, short: 200 } as const

/** The local run's schedule; the deployed one is 10 s. A short turn must have a run too. */
const forwardEveryMs = { long: 2_000, short: 100 } as const

/**
 * How much longer one caller waits while events are forwarded: in two apps, where another process forwards, and in one
 * app, where forwarding and requests share an event loop.
 */
export async function forwardLatencySection(context: SectionContext): Promise<SectionResult> {
  const { options, cleanup, scratchFolder, note } = context
  const bundles = await buildBundles(scratchFolder)
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  const [tenant] = await createTenants(server, 1)
  const issuer = await cleanup.start(startIssuer(scratchFolder), (started) => started.stop())
  const analytics = await startAnalytics(context, DATABASE)
  if (analytics === null)
    return {
      figures: [],
      skipped: [{ name: 'latency', reason: 'local/analytics is not in this checkout' }],
      postgres: {},
    }
  const settings = {
    ...appSettings(server, issuer),
    TRICKLE_ANALYTICS_URL: analytics.url,
    TRICKLE_ANALYTICS_DATABASE: analytics.database,
  }
  const hostOf = (side: string): Promise<BenchHost> =>
    cleanup.start(startHost(bundles.ours, scratchFolder, { ...settings, TRICKLE_SIDE: side }), (started) =>
      started.stop(),
    )
  const [open, background, both] = [await hostOf('public'), await hostOf('background'), await hostOf('both')]
  const token = await issuer.token(tenant?.slug ?? '')
  const operatorToken = await issuer.operatorToken()
  const turn = { options, token }
  const twoApps = armsOf(turn, open, new ForwardingHost(background, operatorToken))
  const oneApp = armsOf(turn, both, new ForwardingHost(both, operatorToken))
  cleanup.add(() => Promise.all([twoApps.close(), oneApp.close()]))
  note(`latency of ${requestsOf(options)} appends, with and without forwarding`)
  const samples = await alternate(
    {
      twoForwarding: twoApps.forwarding,
      twoAlone: twoApps.alone,
      oneForwarding: oneApp.forwarding,
      oneAlone: oneApp.alone,
    },
    options.rounds,
  )
  const figures = [
    ...figuresOf('two apps', turn, samples.twoForwarding, samples.twoAlone),
    ...figuresOf('one app', turn, samples.oneForwarding, samples.oneAlone),
  ]
  return { figures, skipped: [], postgres: await serverFacts(server.adminUrl) }
}

interface Turn {
  readonly options: SectionContext['options']
  readonly token: string
}

/** How long the requests of a turn took. */
interface Percentiles {
  readonly p95Ms: number
  readonly p99Ms: number
}

const requestsOf = ({ isShort }: Turn['options']): number => (isShort ? requests.short : requests.long)

let appended = 0

/** Before each turn everything is forwarded, so that no turn pays for the events of the turn before. */
function armsOf({ options, token }: Turn, host: BenchHost, forwarding: ForwardingHost) {
  const caller = new HttpCaller(host.facts.url, 1)
  const append = (): Promise<number> => {
    appended += 1
    return caller.call({
      method: 'POST',
      path: `/api/streams/order-${appended % STREAMS}/events`,
      token,
      body: JSON.stringify(makeEvent(appended)),
      expectedStatus: 201,
    })
  }
  const measure = async (): Promise<Percentiles> => {
    const tookMs = await timeCalls(append, requestsOf(options))
    return { p95Ms: percentileOf(tookMs, 0.95), p99Ms: percentileOf(tookMs, 0.99) }
  }
  const everyMs = options.isShort ? forwardEveryMs.short : forwardEveryMs.long
  return {
    forwarding: async (): Promise<Percentiles> => {
      await forwarding.catchUp()
      return forwarding.during(measure, everyMs)
    },
    alone: async (): Promise<Percentiles> => {
      await forwarding.catchUp()
      return measure()
    },
    close: (): Promise<void> => Promise.resolve(caller.close()),
  }
}

function figuresOf(
  apps: string,
  { options }: Turn,
  forwarding: readonly Percentiles[],
  alone: readonly Percentiles[],
): Figure[] {
  const count = requestsOf(options).toLocaleString('en')
  const figure = (percentile: number, valueOf: (turn: Percentiles) => number, isTargeted: boolean): Figure =>
    figureOf(
      {
        section: 'forward-latency',
        name: `${percentile}th percentile of ${count} appends, 1 caller, ${apps}`,
        candidate: 'POST /api/streams/{id}/events while events are forwarded by the real SDK',
        baseline: 'the same without forwarding',
        unit: 'ms',
        target: isTargeted ? targets.forwardLatency : undefined,
      },
      sampled(forwarding, valueOf),
      sampled(alone, valueOf),
    )
  return [figure(95, ({ p95Ms }) => p95Ms, apps === 'two apps'), figure(99, ({ p99Ms }) => p99Ms, false)]
}

const sampled = (turns: readonly Percentiles[], valueOf: (turn: Percentiles) => number): Sample[] =>
  turns.map((turn) => ({ value: valueOf(turn), cpuMicros: {} }))
