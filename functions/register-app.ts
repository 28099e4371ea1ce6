import type { app as functionsApp } from '@azure/functions'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSettings } from '../shared/config/index.ts'
import { registerTriggers } from '../shared/context/index.ts'
import { bindHttpHalves, findWorkerCore } from '../shared/functions-worker/index.ts'
import { createKernel, docsRoutes, isRunBy, notFoundRoute, registerRoutes } from '../shared/http/index.ts'
import type { KernelLogger, RunsOn } from '../shared/http/index.ts'
import type { TenantContext } from '../shared/tenancy/index.ts'
import { resolveCaller } from './callers.ts'
import { createPlatform } from './platform.ts'
import { apiInfo, product, productErrors } from './product.ts'

export interface RegisterAppOptions {
  /** Which of the two apps this is; see shared/http/runs-on.ts. Default: both. */
  readonly runsOn?: RunsOn
}

/** Registers all functions of a side. Opens nothing: pools, keys and SDKs come with the first call that needs them. */
export function registerApp(app: typeof functionsApp, { runsOn = 'both' }: RegisterAppOptions = {}): void {
  // Imports and long reads are streamed; without this the host drops the body of every chunked upload.
  app.setup({ enableHttpStream: true })
  const platform = createPlatform({
    readSettings: () => readSettings(product().settings),
    report: (message) => logger.warn(message, {}),
  })
  const triggers = product().triggersOn(() => platform)
  const kernel = createKernel<TenantContext>({
    authenticate: (header) => platform.tokens.verify(header),
    resolveCaller: (identity, limits, namedTenant) =>
      resolveCaller(platform.tenantsBy, identity, limits, namedTenant),
    logger,
  })
  const assetsFolder = join(dirname(fileURLToPath(import.meta.url)), 'assets')
  const reference = docsRoutes({
    routes: triggers.routes,
    info: apiInfo(),
    errors: productErrors(),
    assetsFolder,
  })
  const routes = [...triggers.routes, ...reference].filter((route) => isRunBy(route.runsOn, runsOn))
  registerRoutes(app, kernel, [...routes, notFoundRoute(routes)])
  registerTriggers(app, triggers, {
    runsOn,
    subscriptionDatabase: () => platform.databases.subscriptions,
  })
  app.hook.appTerminate(platform.close)
  const core = findWorkerCore()
  if (core !== undefined) bindHttpHalves(core, (message) => logger.warn(message, {}))
}

/** One JSON line a message; the host passes standard output and error on to Application Insights. */
const logger: KernelLogger = {
  info: (message, fields) => writeLog('information', message, fields),
  error: (message, fields) => writeLog('error', message, fields),
  warn: (message, fields) => writeLog('warning', message, fields),
}

function writeLog(level: string, message: string, fields: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`)
}
