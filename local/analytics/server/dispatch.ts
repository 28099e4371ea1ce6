import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { isSecret, presentedSecret, refusalOf } from '../../loopback/index.ts'
import type { CommandContext } from '../commands/index.ts'
import { KustoFailure } from '../failure.ts'
import type { Fault, FaultDoor } from '../faults/index.ts'
import type { Wake } from '../ingestion/index.ts'
import { REQUEST_BODY_BYTES_MAX, STREAMING_INGESTION_BYTES_MAX } from '../limits.ts'
import type { StorageProxy } from '../storage/index.ts'
import { failureOf } from '../wire/index.ts'
import type { RequestIds } from '../wire/index.ts'
import { answerFaultRequest, FAULTS_PATH } from './fault-requests.ts'
import { answerCommand, answerQuery, answerStreamingIngestion, parseRequest } from './kusto-requests.ts'
import { dropReply, failureReply, jsonReply, sendReply } from './reply.ts'
import type { Reply } from './reply.ts'
import { readBody } from './request-body.ts'

export interface DispatchOptions {
  /** For a request that came to this origin, for example http://127.0.0.1:8080 */
  readonly contextFor: (origin: string) => CommandContext
  readonly ownOrigin: () => string
  /** The secret of the run, which a caller has to present. */
  readonly secret: string
  /** Host names of a proxy in front of the stand-in, in addition to those of this machine. */
  readonly moreHosts: readonly string[]
  readonly proxy: StorageProxy
  readonly faults: FaultDoor
  readonly wake: Wake
  /** Ends waiting when the server stops. */
  readonly signal: AbortSignal
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** What the stand-in does with a request, by its path. */
export function createDispatch(options: DispatchOptions): Handler {
  return async (request, response) => {
    const url = urlOf(request, options.ownOrigin())
    const refused = refuse(options, request, url)
    if (refused !== undefined) {
      const ids = idsOf(request)
      // The body is read and dropped. A client that is still sending would not see the answer otherwise.
      request.resume()
      await sendReply(response, failureReply(refused, ids), ids)
      return
    }
    const path = url.pathname
    if (path === FAULTS_PATH) {
      const ids = idsOf(request)
      const reply = await answerFaultRequest(options.faults, request).catch((error: unknown) =>
        failureReply(failureOf(error), ids),
      )
      await sendReply(response, reply, ids)
    } else if (path === '/healthz')
      await sendReply(response, jsonReply(200, { status: 'ok' }), idsOf(request))
    else if (options.proxy.owns(path)) await dispatchStorage(options, request, response)
    else await dispatchKusto(options, request, response, url)
  }
}

/** The address that a request asks for. Text that is no url counts as the path `/`. */
function urlOf(request: IncomingMessage, origin: string): URL {
  const target = request.url ?? '/'
  return new URL(URL.canParse(target, origin) ? target : '/', origin)
}

/** The health check, and the page that tells a client how to get a token. The real service asks for no token there. */
const OPEN_PATHS = new Set(['/healthz', '/v1/rest/auth/metadata'])

/**
 * Why a request is refused. Storage requests have a signature of their own (SAS), which Azurite checks. The fault door
 * also takes the secret in its url, as the Functions host takes keys. All others need it where Kusto takes a token.
 */
function refuse(
  { secret, moreHosts, proxy }: DispatchOptions,
  request: IncomingMessage,
  url: URL,
): KustoFailure | undefined {
  const refusal = refusalOf(request, moreHosts)
  if (refusal !== undefined) return new KustoFailure({ status: 403, code: 'Forbidden', message: refusal })
  if (OPEN_PATHS.has(url.pathname) || proxy.owns(url.pathname)) return undefined
  const inUrl = url.pathname === FAULTS_PATH ? (url.searchParams.get('code') ?? undefined) : undefined
  if (isSecret(presentedSecret(request) ?? inUrl, secret)) return undefined
  const message =
    'The token of the local run is missing or wrong. `npx trickle status --json` has it in analytics.token, and addresses with it in analytics.url and faults.analytics.'
  return new KustoFailure({ status: 401, code: 'Unauthorized', message })
}

function idsOf(request: IncomingMessage): RequestIds {
  const given = request.headers['x-ms-client-request-id']
  return {
    clientRequestId: typeof given === 'string' ? given : `unspecified;${randomUUID()}`,
    activityId: randomUUID(),
  }
}

async function dispatchStorage(
  options: DispatchOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ids = idsOf(request)
  const end = (fault: Fault): Promise<void> => endWith(fault, request, response, ids)
  const fault = options.faults.decide(`${request.method ?? ''} ${request.url ?? ''} | `)
  if (await endureBefore(fault, options, end)) return
  const discardAnswer = fault?.after === true
  const status = await options.proxy.pass(request, response, { discardAnswer })
  const path = (request.url ?? '').split('?')[0] ?? ''
  if (status === 201 && request.method === 'POST' && options.proxy.isQueue(path)) options.wake.wake()
  if (fault !== undefined && discardAnswer) await end(fault)
}

async function endWith(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
  ids: RequestIds,
): Promise<void> {
  if (fault.ending?.kind !== 'status') {
    request.socket.destroy()
    return
  }
  // The body is read and dropped. A client that is still sending would not see the answer otherwise.
  request.resume()
  const { status } = fault.ending
  const failure = new KustoFailure({
    status,
    code: 'General_FaultRule',
    message: `A fault rule gave status ${status}.`,
    permanent: status < 500 && status !== 429,
  })
  await sendReply(response, failureReply(failure, ids), ids)
}

/** Carries out the fault's delay, and its ending if that replaces the work. @returns true: the work is not done */
async function endureBefore(
  fault: Fault | undefined,
  options: DispatchOptions,
  end: (fault: Fault) => Promise<void>,
): Promise<boolean> {
  if (fault === undefined) return false
  if (fault.delayMs > 0) {
    // The delay ends early when the server stops. The request then ends like any other.
    await delay(fault.delayMs, undefined, { signal: options.signal }).catch(() => undefined)
  }
  if (fault.ending === undefined || fault.after) return false
  await end(fault)
  return true
}

async function dispatchKusto(
  options: DispatchOptions,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const ids = idsOf(request)
  const end = (fault: Fault): Promise<void> => endWith(fault, request, response, ids)
  const { host } = request.headers
  const context = options.contextFor(host === undefined ? options.ownOrigin() : `http://${host}`)
  let text = ''
  let work: () => Promise<Reply> | Reply
  try {
    const prepared = await prepareKusto(request, url, context, ids)
    text = prepared.text
    work = prepared.work
  } catch (error) {
    work = () => failureReply(failureOf(error), ids)
  }
  const fault = options.faults.decide(`${request.method ?? ''} ${request.url ?? ''} | ${text}`)
  if (await endureBefore(fault, options, end)) return
  let reply: Reply
  try {
    reply = await work()
  } catch (error) {
    reply = failureReply(failureOf(error), ids)
  }
  if (fault?.after === true) {
    dropReply(reply)
    await end(fault)
  } else await sendReply(response, reply, ids)
}

/** The work of a Kusto request, ready to be done, and its command or query. */
async function prepareKusto(
  request: IncomingMessage,
  url: URL,
  context: CommandContext,
  ids: RequestIds,
): Promise<{ text: string; work: () => Promise<Reply> | Reply }> {
  const route = `${request.method ?? ''} ${url.pathname}`
  if (route === 'GET /v1/rest/auth/metadata')
    return { text: '', work: () => jsonReply(200, { AzureAD: null }) }
  if (route === 'GET /v1/rest/ping') return { text: '', work: () => jsonReply(200, {}) }
  const streaming = request.method === 'POST' ? streamingAddress(url) : undefined
  if (streaming !== undefined) {
    const body = await readBody(request, STREAMING_INGESTION_BYTES_MAX)
    return { text: '', work: () => answerStreamingIngestion(context, streaming, body) }
  }
  const version = { 'POST /v1/rest/query': 1 as const, 'POST /v2/rest/query': 2 as const }[route]
  if (route !== 'POST /v1/rest/mgmt' && version === undefined) {
    throw new KustoFailure({ status: 404, code: 'NotFound', message: `There is nothing at ${route}.` })
  }
  const parsed = parseRequest(await readBody(request, REQUEST_BODY_BYTES_MAX))
  const work = (): Promise<Reply> =>
    version === undefined ? answerCommand(context, parsed) : answerQuery(context, parsed, ids, version)
  return { text: parsed.csl, work }
}

/** `/v1/rest/ingest/{db}/{table}` */
function streamingAddress(url: URL): { database: string; table: string; query: URLSearchParams } | undefined {
  const match = /^\/v1\/rest\/ingest\/([^/]+)\/([^/]+)$/u.exec(url.pathname)
  if (match === null) return undefined
  return {
    database: decodeURIComponent(match[1] ?? ''),
    table: decodeURIComponent(match[2] ?? ''),
    query: url.searchParams,
  }
}
