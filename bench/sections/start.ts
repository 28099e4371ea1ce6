import { alternate, cpuMicrosOf, figureOf } from '../measure/index.ts'
import type { Figure, Sample } from '../measure/index.ts'
import {
  appSettings,
  buildBundles,
  createTenants,
  HttpCaller,
  makeEvent,
  startBenchServer,
  startHost,
  startIssuer,
} from '../stage/index.ts'
import type { Call } from '../stage/index.ts'
import { serverFacts } from './server-facts.ts'
import { targets } from './section.ts'
import type { SectionContext, SectionResult } from './section.ts'

/** Time from the start of the host's process to its first answer and to its first append, without a compile cache. */
export async function startSection(context: SectionContext): Promise<SectionResult> {
  const { options, cleanup, scratchFolder, note } = context
  const bundles = await buildBundles(scratchFolder)
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  const [tenant] = await createTenants(server, 1)
  const issuer = await cleanup.start(startIssuer(scratchFolder), (started) => started.stop())
  const token = await issuer.token(tenant?.slug ?? '')
  const settings = appSettings(server, issuer)
  const append: Call = {
    method: 'POST',
    path: '/api/streams/first/events',
    token,
    body: JSON.stringify(makeEvent(1)),
    expectedStatus: 201,
  }
  note(`start: ${options.startRounds} rounds of two starts`)
  const samples = await alternate(
    {
      ours: () => startOnce(bundles.ours, scratchFolder, settings, append),
      trivial: () => startOnce(bundles.oneRoute, scratchFolder, settings, { ...append, expectedStatus: 200 }),
    },
    options.startRounds,
  )
  const figures: Figure[] = [
    figureOf(
      {
        section: 'start',
        name: 'process start to the first 200',
        candidate: 'GET /api/health/live of our bundle',
        baseline: 'the same path on a bundle of one route',
        unit: 'ms',
        target: targets.start,
      },
      samples.ours.map((start) => start.firstAnswer),
      samples.trivial.map((start) => start.firstAnswer),
    ),
    figureOf(
      {
        section: 'start',
        name: 'process start to the first append',
        candidate: '201 of an append after the first 200 (keys, pool, login, statement)',
        baseline: 'first POST on the bundle of one route',
        unit: 'ms',
      },
      samples.ours.map((start) => start.firstAppend),
      samples.trivial.map((start) => start.firstAppend),
    ),
  ]
  return { figures, skipped: [], postgres: await serverFacts(server.adminUrl) }
}

interface Start {
  readonly firstAnswer: Sample
  readonly firstAppend: Sample
}

async function startOnce(
  appFolder: string,
  scratchFolder: string,
  settings: Readonly<Record<string, string>>,
  append: Call,
): Promise<Start> {
  const startMs = performance.now()
  const host = await startHost(appFolder, scratchFolder, settings)
  const caller = new HttpCaller(host.facts.url, 1)
  const sample = (): Sample => ({
    value: performance.now() - startMs,
    cpuMicros: { host: cpuMicrosOf({ kind: 'process', pid: host.pid }) },
  })
  try {
    await caller.call({ method: 'GET', path: '/api/health/live', expectedStatus: 200 })
    const firstAnswer = sample()
    await caller.call(append)
    return { firstAnswer, firstAppend: sample() }
  } finally {
    caller.close()
    await host.stop()
  }
}
