import type { app as functionsApp } from '@azure/functions'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasConnection, readApp, readNudging, readSettings } from '../shared/config/index.ts'
import { registerTriggers } from '../shared/context/index.ts'
import { bindHttpHalves, findWorkerCore } from '../shared/functions-worker/index.ts'
import { createKernel, docsRoutes, notFoundRoute, registerRoutes } from '../shared/http/index.ts'
import type { KernelLogger, SplitApp } from '../shared/http/index.ts'
import { isRunBy } from '../shared/sides/index.ts'
import type { RunsOn } from '../shared/sides/index.ts'
import type { TenantContext } from '../shared/tenancy/index.ts'
import { resolveCaller } from './callers.ts'
import { createPlatform } from './platform.ts'
import { apiInfo, product, productErrors, mendableQueues } from './product.ts'

export interface RegisterAppOptions {
  /** Which of the two apps this is; see shared/sides. Default: what TRICKLE_SIDE says. */
  readonly runsOn?: RunsOn
}

/** Registers all functions of a side. Opens nothing: pools, keys and SDKs come with the first call that needs them. */
export function registerApp(app: typeof functionsApp, { runsOn = readApp() }: RegisterAppOptions = {}): void {
  // Imports and long reads are streamed; without this the host drops the body of every chunked upload.
  app.setup({ enableHttpStream: true })
  const platform = createPlatform({
    readSettings: () => readSettings(product().settingsIn(runsOn)),
    readQueues: mendableQueues,
    subscriptionNames: () => product().subscriptionNames(),
    report: (message) => logger.warn(message, {}),
    commands: () => triggers.commands,
  })
  const triggers = product().triggersOn(() => platform)
  const split: SplitApp | undefined =
    runsOn === 'both'
      ? undefined
      : { side: runsOn, otherUrl: () => platform.settings.TRICKLE_OTHER_APP_URL ?? null }
  const kernel = createKernel<TenantContext>({
    authenticate: (header) => platform.tokens.verify(header),
    resolveCaller: (identity, limits, namedTenant) =>
      resolveCaller(platform.tenantsBy, identity, limits, namedTenant),
    logger,
    split,
  })
  const assetsFolder = join(dirname(fileURLToPath(import.meta.url)), 'assets')
  const reference = docsRoutes({
    routes: triggers.routes,
    info: apiInfo(),
    errors: productErrors(),
    assetsFolder,
  })
  const [routes, others] = partition([...triggers.routes, ...reference], ({ runsOn: place }) =>
    isRunBy(place, runsOn),
  )
  const elsewhere = split === undefined ? undefined : { routes: others, split }
  const registered = [...routes, notFoundRoute(routes, elsewhere)]
  registerRoutes(app, kernel, registered)
  registerTriggers(app, triggers, {
    runsOn,
    subscriptionDatabase: () => platform.databases.subscriptions,
    nudging: readNudging(runsOn),
    nudge: () => platform.nudges.wake(),
    hasConnection,
  })
  app.hook.appTerminate(platform.close)
  const core = findWorkerCore()
  if (core === undefined) return
  const kernelFunctions = new Set(registered.map(({ name }) => name))
  bindHttpHalves(core, { kernelFunctions, report: (message) => logger.warn(message, {}) })
}

const partition = <Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] => [
  items.filter((item) => isFirst(item)),
  items.filter((item) => !isFirst(item)),
]

/** One JSON line a message; the host passes standard output and error on to Application Insights. */
const logger: KernelLogger = {
  info: (message, fields) => writeLog('information', message, fields),
  error: (message, fields) => writeLog('error', message, fields),
  warn: (message, fields) => writeLog('warning', message, fields),
}

function writeLog(level: string, message: string, fields: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`)
}
