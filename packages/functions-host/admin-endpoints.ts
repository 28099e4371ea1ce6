/**
 * The endpoints under /admin that people and tools use. All but ping need the master key: 401 without a valid key,
 * 403 with another valid key. They come before the functions' routes, so no function can hide them.
 *
 * Source: azure-functions-host, HostController.cs, FunctionsController.cs, FunctionMetadataExtensions.cs.
 */
import { IMITATED_HOST_VERSION } from './core-module.ts'
import type { DispatcherTable } from './dispatcher-table.ts'
import type { FunctionCatalog, HostedFunction } from './function-catalog.ts'
import type { FunctionKeys } from './function-keys.ts'
import { answerEmpty, answerJson, answerTooLarge, readBody } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'
import { presentedKey } from './http-request-data.ts'
import type { HostLog } from './log.ts'
import { HOST_CATEGORY } from './log.ts'
import type { HttpRoute } from './route-table.ts'
import { stackOf } from './start-failure.ts'
import type { HostDrain } from './host-drain.ts'

export interface AdminOptions {
  readonly keys: FunctionKeys
  readonly catalog: FunctionCatalog
  readonly dispatchers: DispatcherTable
  readonly routes: readonly HttpRoute[]
  readonly drain: HostDrain
  readonly hostId: string
  readonly log: HostLog
}

/** The input of an invocation is one string. A megabyte is more than any trigger accepts. */
const INVOCATION_BODY_LIMIT_BYTES = 1_048_576

type AdminHandler = (
  exchange: HttpExchange,
  options: AdminOptions,
  functionName: string,
) => void | Promise<void>

interface AdminEndpoint {
  readonly methods: readonly string[]
  readonly path: RegExp
  readonly open?: boolean
  readonly handle: AdminHandler
}

const endpoints: readonly AdminEndpoint[] = [
  {
    methods: ['GET', 'POST'],
    path: /^\/admin\/host\/ping\/?$/i,
    open: true,
    handle: (exchange) => answerEmpty(exchange, 200),
  },
  { methods: ['GET'], path: /^\/admin\/host\/status\/?$/i, handle: answerHostStatus },
  { methods: ['POST'], path: /^\/admin\/host\/drain\/?$/i, handle: startDrain },
  {
    methods: ['GET'],
    path: /^\/admin\/host\/drain\/status\/?$/i,
    handle: (exchange, { drain }) => answerJson(exchange, 200, drain.status()),
  },
  { methods: ['POST'], path: /^\/admin\/host\/resume\/?$/i, handle: resume },
  { methods: ['GET'], path: /^\/admin\/functions\/?$/i, handle: answerFunctions },
  { methods: ['GET'], path: /^\/admin\/functions\/([^/]+)\/?$/i, handle: answerFunction },
  { methods: ['GET'], path: /^\/admin\/functions\/([^/]+)\/status\/?$/i, handle: answerFunctionStatus },
  { methods: ['POST'], path: /^\/admin\/functions\/([^/]+)\/?$/i, handle: runFunction },
]

/** Serves an admin request. False when the path is no admin endpoint; then the functions' routes are tried. */
export function serveAdmin(exchange: HttpExchange, options: AdminOptions): boolean {
  const { request, path } = exchange
  if (!/^\/admin\//i.test(path.decoded)) return false
  const endpoint = endpoints.find(
    (one) => one.methods.includes(request.method ?? 'GET') && one.path.test(path.decoded),
  )
  if (endpoint === undefined) return false
  const level = levelOf(exchange, options.keys)
  if (endpoint.open !== true && level !== 'admin') {
    answerEmpty(exchange, level === 'anonymous' ? 401 : 403)
    return true
  }
  const functionName = endpoint.path.exec(path.decoded)?.[1] ?? ''
  Promise.resolve(endpoint.handle(exchange, options, functionName)).catch((error: unknown) => {
    options.log.write({
      level: 'error',
      category: HOST_CATEGORY,
      message: `${path.decoded} failed: ${stackOf(error)}`,
    })
    answerEmpty(exchange, 500)
  })
  return true
}

function levelOf(exchange: HttpExchange, keys: FunctionKeys): ReturnType<FunctionKeys['levelOf']> {
  const key = presentedKey(exchange.request, exchange.path.query)
  return key === undefined ? 'anonymous' : keys.levelOf(key)
}

function answerHostStatus(exchange: HttpExchange, options: AdminOptions): void {
  const errors = options.catalog.problems.map(({ functionName, message }) => `${functionName}: ${message}`)
  answerJson(exchange, 200, {
    id: options.hostId,
    state: 'Running',
    version: IMITATED_HOST_VERSION,
    versionDetails: `${IMITATED_HOST_VERSION} (local host of Trickle)`,
    instanceId: `local-${process.pid}`,
    processUptime: Math.round(process.uptime() * 1_000),
    ...(errors.length === 0 ? {} : { errors }),
  })
}

function startDrain(exchange: HttpExchange, { drain, log }: AdminOptions): void {
  // Not awaited: a run in progress may take long. The drain status tells when the drain is done.
  drain.begin().catch((error: unknown) => {
    log.write({ level: 'error', category: HOST_CATEGORY, message: `The drain failed: ${stackOf(error)}` })
  })
  answerEmpty(exchange, 202)
}

async function resume(exchange: HttpExchange, { drain }: AdminOptions): Promise<void> {
  await drain.end()
  answerJson(exchange, 200, { state: 'Running' })
}

function answerFunctions(exchange: HttpExchange, options: AdminOptions): void {
  answerJson(
    exchange,
    200,
    options.catalog.functions.map((fn) => describe(exchange, options, fn)),
  )
}

function answerFunction(exchange: HttpExchange, options: AdminOptions, name: string): void {
  const fn = findFunction(options.catalog, name)
  if (fn === undefined) answerEmpty(exchange, 404)
  else answerJson(exchange, 200, describe(exchange, options, fn))
}

function answerFunctionStatus(exchange: HttpExchange, { catalog }: AdminOptions, name: string): void {
  const errors = catalog.problems.filter(
    (problem) => problem.functionName.toLowerCase() === name.toLowerCase(),
  )
  if (errors.length > 0) answerJson(exchange, 200, { errors: errors.map(({ message }) => message) })
  else if (findFunction(catalog, name) === undefined) answerEmpty(exchange, 404)
  else answerJson(exchange, 200, {})
}

/** Answers 202 at once. The run goes on by itself, without the function's retry policy, and waits for no other run. */
async function runFunction(exchange: HttpExchange, options: AdminOptions, name: string): Promise<void> {
  const { request } = exchange
  // The platform accepts JSON only and answers 415 otherwise, so a call without this header fails there too.
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')) {
    answerEmpty(exchange, 415)
    return
  }
  const body = await readBody(request, INVOCATION_BODY_LIMIT_BYTES)
  if (body === undefined) {
    answerTooLarge(exchange)
    return
  }
  const input = readInput(body)
  const fn = findFunction(options.catalog, name)
  const isInError = options.catalog.problems.some((problem) => problem.functionName === fn?.name)
  const dispatcher = fn === undefined || isInError ? undefined : options.dispatchers.get(fn.triggerType)
  if (input === undefined) answerEmpty(exchange, 400)
  else if (fn === undefined || dispatcher === undefined) answerEmpty(exchange, 404)
  else {
    answerEmpty(exchange, 202)
    dispatcher.runNow(fn, input).catch((error: unknown) => {
      options.log.write({
        level: 'warning',
        category: fn.name,
        message: `The run that was asked for failed: ${String(error)}`,
      })
    })
  }
}

function readInput(body: Buffer): string | undefined {
  try {
    const content = JSON.parse(body.toString('utf8')) as { input?: unknown } | null
    if (typeof content !== 'object' || content === null) return undefined
    const input = content.input ?? ''
    return typeof input === 'string' ? input : undefined
  } catch {
    return undefined
  }
}

function findFunction(catalog: FunctionCatalog, name: string): HostedFunction | undefined {
  return catalog.functions.find((fn) => fn.name.toLowerCase() === name.toLowerCase())
}

function describe(exchange: HttpExchange, options: AdminOptions, fn: HostedFunction): object {
  const base = `http://${exchange.request.headers.host ?? 'localhost'}`
  const route = options.routes.find((one) => one.fn === fn)
  const bindings = Object.entries(fn.registered.metadata.bindings).map(([name, binding]) => ({
    ...binding,
    name,
  }))
  return {
    name: fn.name,
    script_root_path_href: null,
    script_href: null,
    config_href: null,
    test_data_href: null,
    href: `${base}/admin/functions/${fn.name}`,
    invoke_url_template: route === undefined ? null : `${base}/${route.template.text.replace(/^\//, '')}`,
    language: 'node',
    config: { name: fn.name, language: 'node', bindings },
    files: null,
    test_data: null,
    isDisabled: fn.disabled,
    isDirect: false,
    isProxy: false,
  }
}
