/** Puts the parts of the host together: starts them in the platform's order, and stops them within five seconds. */
import { createActivity } from './activity.ts'
import type { Activity } from './activity.ts'
import { serveAdmin } from './admin-endpoints.ts'
import { loadApp } from './app-loader.ts'
import { installCoreModule } from './core-module.ts'
import { createCorsPolicy } from './cors.ts'
import { createHttpDispatcher } from './dispatcher-http.ts'
import type { HttpDispatcher } from './dispatcher-http.ts'
import { assignFunctions, createDispatcherTable } from './dispatcher-table.ts'
import type { DispatcherTable } from './dispatcher-table.ts'
import { createFunctionCatalog } from './function-catalog.ts'
import type { FunctionCatalog } from './function-catalog.ts'
import { createFunctionExecutor } from './function-executor.ts'
import { openFunctionKeys } from './function-keys.ts'
import { createHostDrain } from './host-drain.ts'
import { isTrueSetting, readHostSettings } from './host-settings.ts'
import type { Environment, HostSettings } from './host-settings.ts'
import { openHttpFront } from './http-front.ts'
import type { HttpFront } from './http-front.ts'
import { createHostLog, HOST_CATEGORY } from './log.ts'
import type { HostLog, LogSink } from './log.ts'
import { stackOf } from './start-failure.ts'
import { formatTimeSpan } from './time-span.ts'
import { createWorkerApp } from './worker-app.ts'
import type { WorkerApp } from './worker-app.ts'

/** The platform's limit of a request's body; the setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT (bytes) overrides it. */
const DEFAULT_BODY_LIMIT_BYTES = 104_857_600
/** How long the platform's proxy waits without a byte in either direction (DefaultHttpProxyService.cs). */
const DEFAULT_ACTIVITY_TIMEOUT_MS = 240_000
/** A stop takes five seconds at most. Runs of timers and queues get three, so that two are left for the app's hooks. */
const RUNS_GRACE_MS = 3_000
/** Responses get this long to finish. Longer ones are cut off, as on the platform. */
const REQUESTS_GRACE_MS = 1_000
const STOP_LIMIT_MS = 4_800

export interface FunctionsHostOptions {
  /** Folder of the deployed app: host.json, package.json and what its `main` names. */
  readonly appFolder: string
  /** Port on 127.0.0.1; 0 picks a free one. */
  readonly port: number
  /** Folder for keys and timer status; made when missing. */
  readonly stateFolder: string
  /** Origins for CORS; empty: no policy. */
  readonly corsOrigins?: readonly string[]
  /** The app's settings; default process.env. The app itself always sees process.env. */
  readonly environment?: Environment
  /** Where the log goes; default process.stdout. */
  readonly sink?: LogSink
  /** A streamed request is given up after this long without a byte. */
  readonly activityTimeoutMs?: number
  /** Called when the platform would restart the worker (functionTimeout): the process has to end. */
  onWorkerLost(reason: string): void
}

export interface FunctionsHost {
  readonly url: string
  readonly masterKey: string
  /** Names of the functions, disabled ones too. Functions in error are left out. */
  readonly functions: readonly string[]
  readonly log: HostLog
  /** Stops listening, ends timers, runs the app's appTerminate hooks. Takes less than five seconds. */
  stop(): Promise<void>
}

/**
 * Starts the host for one app. A process can have only one: the app's library keeps the first for good.
 * @throws HostStartFailure when the port is taken, or host.json, the app or the state folder are unusable
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const environment = options.environment ?? process.env
  const settings = await readHostSettings(options.appFolder, environment)
  const log = createHostLog(settings.logLevels, options.sink ?? process.stdout)
  const front = await openHttpFront(options.port, {
    cors: createCorsPolicy(options.corsOrigins ?? []),
    homePage: !isTrueSetting(environment['AzureWebJobsDisableHomepage']),
    log,
  })
  try {
    return await startBehind(front, { options, environment, settings, log })
  } catch (error) {
    front.close()
    front.destroy()
    throw error
  }
}

interface StartFacts {
  readonly options: FunctionsHostOptions
  readonly environment: Environment
  readonly settings: HostSettings
  readonly log: HostLog
}

async function startBehind(front: HttpFront, facts: StartFacts): Promise<FunctionsHost> {
  const { options, environment, settings, log } = facts
  const worker = createWorkerApp(log)
  installCoreModule(worker)
  const { streamServer } = await loadApp(worker, options.appFolder)
  const catalog = createFunctionCatalog(worker, environment)
  const activity = createActivity(settings.functionTimeoutMs, ({ functionName, invocationId }) => {
    const limit = formatTimeSpan(settings.functionTimeoutMs ?? 0)
    const reason = `Timeout value of ${limit} was exceeded by function: Functions.${functionName} (Id: ${invocationId}). The platform restarts the worker then, and everything in flight is lost; this process exits.`
    log.write({ level: 'error', category: HOST_CATEGORY, message: reason })
    options.onWorkerLost(reason)
  })
  const stopping = new AbortController()
  const executor = createFunctionExecutor(worker, activity, log)
  const context = {
    executor,
    activity,
    log,
    environment,
    stateFolder: options.stateFolder,
    stopping: stopping.signal,
  }
  const http = createHttpDispatcher(context, {
    routePrefix: settings.routePrefix,
    bodyLimitBytes:
      Number(environment['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? DEFAULT_BODY_LIMIT_BYTES) ||
      DEFAULT_BODY_LIMIT_BYTES,
    activityTimeoutMs: options.activityTimeoutMs ?? DEFAULT_ACTIVITY_TIMEOUT_MS,
    streamServer,
  })
  const dispatchers = createDispatcherTable(context, http, settings)
  assignFunctions(catalog, dispatchers, log)
  const keys = await openFunctionKeys(
    options.stateFolder,
    http.routes.map(({ fn }) => fn.name),
  )
  http.useKeys(keys)
  const admin = {
    keys,
    catalog,
    dispatchers,
    routes: http.routes,
    drain: createHostDrain(dispatchers, activity),
    hostId: `trickle-local-${front.port}`,
    log,
  }
  for (const dispatcher of dispatchers.values()) await dispatcher.start()
  front.open([(exchange) => serveAdmin(exchange, admin), (exchange) => http.serve(exchange)])
  const functions = loadedFunctions(catalog)
  logStart(log, functions, http)
  let stopped: Promise<void> | undefined
  return {
    url: `http://127.0.0.1:${front.port}`,
    masterKey: keys.masterKey,
    functions,
    log,
    stop: () => (stopped ??= stopHost({ front, dispatchers, http, activity, worker, stopping, log })),
  }
}

function loadedFunctions(catalog: FunctionCatalog): string[] {
  const broken = new Set(catalog.problems.map((problem) => problem.functionName))
  return catalog.functions.map((fn) => fn.name).filter((name) => !broken.has(name))
}

function logStart(log: HostLog, functions: readonly string[], http: HttpDispatcher): void {
  if (functions.length === 0)
    log.write({ level: 'warning', category: HOST_CATEGORY, message: 'The app has registered no functions.' })
  for (const { fn, methods, template } of http.routes) {
    const state = fn.disabled ? ' (disabled)' : ''
    log.write({
      level: 'debug',
      category: HOST_CATEGORY,
      message: `${fn.name}: [${[...methods].join(',')}] /${template.text}${state}`,
    })
  }
}

interface StopFacts {
  readonly front: HttpFront
  readonly dispatchers: DispatcherTable
  readonly http: HttpDispatcher
  readonly activity: Activity
  readonly worker: WorkerApp
  readonly stopping: AbortController
  readonly log: HostLog
}

async function stopHost({
  front,
  dispatchers,
  http,
  activity,
  worker,
  stopping,
  log,
}: StopFacts): Promise<void> {
  const startedAtMs = performance.now()
  front.close()
  stopping.abort()
  activity.stopWatch()
  const runs = Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.stop()))
  await Promise.all([within(runs, RUNS_GRACE_MS), activity.settled(REQUESTS_GRACE_MS)])
  const hooks = worker.executeHooks('appTerminate', {
    hookData: worker.appHookData,
    appHookData: worker.appHookData,
  })
  try {
    const done = await within(hooks, STOP_LIMIT_MS - (performance.now() - startedAtMs))
    if (!done)
      log.write({
        level: 'warning',
        category: HOST_CATEGORY,
        message: 'An appTerminate hook took too long and is cut off.',
      })
  } catch (error) {
    log.write({
      level: 'error',
      category: HOST_CATEGORY,
      message: `An appTerminate hook threw: ${stackOf(error)}`,
    })
  }
  http.close()
  front.destroy()
}

/** Whether `work` has ended in time. Rejects when `work` rejects. */
async function within(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, limitMs))
  })
  try {
    return await Promise.race([work.then(() => true), limit])
  } finally {
    clearTimeout(timer)
  }
}
