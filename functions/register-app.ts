import type { app as functionsApp } from '@azure/functions'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import packageFile from '../package.json' with { type: 'json' }
import {
  createKernel,
  docsRoutes,
  notFoundRoute,
  registerRoutes,
  type Caller,
  type CallLimits,
  type KernelLogger,
  type Route,
} from '../shared/http/index.ts'
import type { Identity } from '../shared/auth/index.ts'
import { TrickleError } from '../shared/errors/index.ts'
import { bindHttpHalves, findWorkerCore } from '../shared/functions-worker/index.ts'
import type { TenantContext } from '../shared/tenancy/index.ts'
import { eventRoutes } from './events/index.ts'
import { registerForwarding } from './forwarding/index.ts'
import { healthRoutes } from './health/index.ts'
import { operationRoutes } from './operations/index.ts'
import { createServices, type Services } from './services.ts'
import { tenantRoutes } from './tenants/index.ts'

/** Every route of the product, without the reference about them. */
export const productRoutes = (services: () => Services): Route<TenantContext>[] => [
  ...eventRoutes(services),
  ...tenantRoutes(services),
  ...operationRoutes(services),
  ...healthRoutes(services),
]

export const apiInfo = {
  title: 'Trickle',
  version: packageFile.version,
  description: packageFile.description,
}

/** Registers all functions. Opens nothing: pools, keys and SDKs come with the first call that needs them. */
export function registerApp(app: typeof functionsApp): void {
  // Imports and long reads are streamed; without this the host drops the body of every chunked upload.
  app.setup({ enableHttpStream: true })
  const services = createServices((message) => logger.warn(message, {}))
  const kernel = createKernel<TenantContext>({
    authenticate: (header) => services.tokens.verify(header),
    resolveCaller: (identity, limits) => resolveCaller(services, identity, limits),
    logger,
  })
  const routes = productRoutes(() => services)
  const assetsFolder = join(dirname(fileURLToPath(import.meta.url)), 'assets')
  const reference = docsRoutes({ routes, info: apiInfo, assetsFolder })
  registerRoutes(app, kernel, [...routes, ...reference, notFoundRoute([...routes, ...reference])])
  registerForwarding(() => services)
  app.hook.appTerminate(() => services.close())
  const core = findWorkerCore()
  if (core !== undefined) bindHttpHalves(core, (message) => logger.warn(message, {}))
}

async function resolveCaller(
  services: Services,
  identity: Identity,
  limits: CallLimits,
): Promise<Caller<TenantContext>> {
  const { subject, roles, tenantClaim } = identity
  if (roles.has('operator')) return { kind: 'operator', subject, roles }
  if (tenantClaim === null) throw new TrickleError('TENANT_MISSING', 'The token names no tenant.')
  return { kind: 'tenant', subject, roles, tenant: await services.tenants.resolve(tenantClaim, limits) }
}

/** One JSON line a message; the host passes standard output and error on to Application Insights. */
const logger: KernelLogger = {
  error: (message, fields) => writeLog('error', message, fields),
  warn: (message, fields) => writeLog('warning', message, fields),
}

function writeLog(level: string, message: string, fields: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`)
}
