import type { Identity } from '../auth/index.ts'
import { asTrickleError } from '../errors/index.ts'
import type { TrickleError } from '../errors/index.ts'
import { isRunBy } from '../sides/index.ts'
import { createAccessLog } from './access-log.ts'
import type { AccessLog, Sighting } from './access-log.ts'
import { checkAccess } from './access.ts'
import type { BodyPlaces } from './body-places.ts'
import { unknownClient } from './client-connection.ts'
import type { ClientConnection } from './client-connection.ts'
import { startDeadline, withinDeadline } from './deadline.ts'
import type { Deadline } from './deadline.ts'
import { refuseDotSegments } from './dot-segments.ts'
import { logFailure } from './failure-log.ts'
import type { FailureFacts, KernelLogger } from './failure-log.ts'
import type { IncomingRequest, Invocation } from './incoming-request.ts'
import { problemDocument } from './problem.ts'
import type { Occurrence } from './problem.ts'
import type { Reply } from './reply.ts'
import { readRequest, prepareRoute } from './request.ts'
import type { PreparedRoute } from './request.ts'
import { encodeReply, problemReply } from './response.ts'
import type { Answer, AnswerContext } from './response.ts'
import type { Caller, Route } from './route-types.ts'
import { servedByOtherApp, sideOf } from './split-app.ts'
import type { SplitApp } from './split-app.ts'
import { readTenantHeader } from './tenant-header.ts'
import { readClientTrace, traceIdOf } from './trace.ts'
import { verifyProblem, verifyReply } from './verify-response.ts'

export interface KernelOptions<T> {
  /** Checks the Authorization header, as `TokenVerifier.verify` does. */
  readonly authenticate: (authorizationHeader: string | null) => Promise<Identity>
  /**
   * Finds the caller's tenant. Called after the roles are checked, within the deadline of the request. `namedTenant` is
   * the header Trickle-Tenant; for a service it is never null.
   */
  readonly resolveCaller: (
    identity: Identity,
    limits: CallLimits,
    namedTenant: string | null,
  ) => Promise<Caller<T>>
  readonly logger: KernelLogger
  /** Where this app is one of two. Absent: it serves everything. */
  readonly split?: SplitApp | undefined
  /** Checks replies against the route's responses and codes against its errors; for tests. Default false. */
  readonly verifyResponses?: boolean
}

export interface CallLimits {
  readonly signal: AbortSignal
  readonly deadlineAtMs: number
}

export type RouteHandler = (request: IncomingRequest, invocation: Invocation) => Promise<Answer>

/** Runs routes. */
export interface Kernel<T> {
  /** The function that the platform calls for a route. It never throws and always answers. */
  readonly handlerFor: (route: Route<T>) => RouteHandler
}

/**
 * Makes the kernel: the one wrapper around every handler. With HTTP streaming a handler that throws or answers nothing
 * leaves its client hanging for minutes, so everything that can fail happens inside of the wrapper.
 */
export function createKernel<T>(options: KernelOptions<T>): Kernel<T> {
  const accessLog = createAccessLog(options.logger)
  return {
    handlerFor(route) {
      const prepared = prepareRoute(route)
      return (request, invocation) => answer({ ...options, accessLog }, prepared, request, invocation)
    },
  }
}

interface LoggingOptions<T> extends KernelOptions<T> {
  readonly accessLog: AccessLog
}

async function answer<T>(
  options: LoggingOptions<T>,
  prepared: PreparedRoute<T>,
  request: IncomingRequest,
  invocation: Invocation,
): Promise<Answer> {
  const { route } = prepared
  const startedAtMs = Date.now()
  const deadline = startDeadline(route.deadlineMs)
  const traceId = traceIdOf(invocation)
  const occurrence = (): Occurrence => ({ instance: pathOf(request.url), traceId })
  const seen: Sighting = {}
  const facts = (isMidStream: boolean): FailureFacts => ({
    route,
    method: request.method,
    traceId,
    invocationId: invocation.invocationId,
    durationMs: Date.now() - startedAtMs,
    isMidStream,
  })
  const log = (error: TrickleError, isMidStream: boolean): void => {
    logFailure(options.logger, error, facts(isMidStream))
    options.accessLog.refused(error, facts(isMidStream), seen)
    options.accessLog.operated(error, facts(isMidStream), seen)
  }
  const client = request.client ?? unknownClient()
  const context: AnswerContext = {
    deadline,
    client,
    isBodyless: request.method === 'HEAD',
    onStreamError(thrown) {
      try {
        const error = asTrickleError(thrown)
        log(error, true)
        return JSON.stringify(problemDocument(error, occurrence()))
      } catch {
        return LAST_PROBLEM
      }
    },
  }
  const work = run(options, prepared, request, { deadline, client, traceId, seen }).then((reply) => {
    options.accessLog.operated({ status: reply.status, code: null }, facts(false), seen)
    options.accessLog.acted(facts(false), seen)
    return encodeReply(reply, context)
  })
  try {
    return await withinDeadline(work, deadline.signal)
  } catch (thrown) {
    try {
      const error = asTrickleError(thrown)
      const told = options.verifyResponses === true ? verifyProblem(route, error) : error
      log(told, false)
      return await encodeReply(problemReply(told, occurrence()), context)
    } catch {
      deadline.clear()
      return { status: 500, headers: { 'content-type': 'application/problem+json' }, body: LAST_PROBLEM }
    }
  }
}

/** Sent where even the problem document cannot be written, for example because an extension is no JSON. */
const LAST_PROBLEM =
  '{"title":"Something failed that should not","status":500,"code":"INTERNAL","retryable":false}'

/** What belongs to one request beside its inputs. */
interface Call {
  readonly deadline: Deadline
  readonly client: ClientConnection
  readonly traceId: string
  readonly seen: Sighting
}

/** Everything up to the reply, in the order: path, token, roles, caller, inputs, handler. */
async function run<T>(
  options: KernelOptions<T>,
  prepared: PreparedRoute<T>,
  request: IncomingRequest,
  { deadline, client, traceId, seen }: Call,
): Promise<Reply> {
  const { route } = prepared
  refuseDotSegments(request.headers)
  const limits: CallLimits = { signal: deadline.signal, deadlineAtMs: deadline.atMs }
  const caller = await findCaller(options, route, request, limits, seen)
  const { inputs, places } = await readRequest(prepared, request, deadline.signal)
  const context = {
    ...inputs,
    ...limits,
    caller,
    clientSignal: client.signal,
    checkAgain: async () => {
      await findCaller(options, route, request, limits, seen)
    },
    trace: readClientTrace(request.headers),
    traceId,
    request,
  }
  const given: Reply | undefined = await answerOf(route, context, places)
  if (given === undefined || given === null) throw new Error(`The handler of ${route.name} gave no reply`)
  if (options.verifyResponses === true) verifyReply(route, given)
  return given
}

async function answerOf<T>(
  route: Route<T>,
  context: Parameters<Route<T>['handler']>[0],
  places: BodyPlaces,
): Promise<Reply> {
  try {
    return await route.handler(context)
  } catch (error) {
    throw places.translate(error)
  }
}

async function findCaller<T>(
  options: KernelOptions<T>,
  route: Route<T>,
  request: IncomingRequest,
  limits: CallLimits,
  seen: Sighting,
): Promise<Caller<T> | null> {
  if (route.access.kind === 'public') return null
  const header = request.headers.get('authorization')
  if (route.access.kind === 'publicOrOperator') {
    if (header === null) return null
    const identity = await options.authenticate(header)
    return identity.roles.has('operator') ? options.resolveCaller(identity, limits, null) : null
  }
  const identity = await options.authenticate(header)
  seen.identity = identity
  const namedTenant = readTenantHeader(request.headers)
  seen.namedTenant = namedTenant
  checkAccess(route.access, identity, namedTenant)
  if (options.split !== undefined) checkSide(route, identity, options.split)
  return options.resolveCaller(identity, limits, namedTenant)
}

function checkSide<T>(route: Route<T>, { roles }: Identity, split: SplitApp): void {
  const isOperator = roles.has('operator')
  if (isRunBy(sideOf(route, isOperator ? 'operator' : 'tenant'), split.side)) return
  const callers = isOperator ? 'operators' : 'tenants and services'
  throw servedByOtherApp(split, `On this path ${callers} are served by`)
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : ''
}
