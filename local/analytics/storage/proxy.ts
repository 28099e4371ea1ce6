import { request as httpRequest } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions, ServerResponse } from 'node:http'
import { finished, pipeline } from 'node:stream/promises'

/**
 * Passes storage requests on to Azurite, streamed. All requests of a client then go to one address, so that a proxy in
 * front of it can cut or delay all of them.
 */
export interface StorageProxy {
  /** Whether a path belongs to storage. */
  owns(path: string): boolean
  /** Whether the path is that of a queue, by its name. */
  isQueue(path: string): boolean
  /**
   * Carries a request to storage.
   * @param discardAnswer storage does the work, but its answer is dropped (a lost answer); the caller answers instead
   * @returns the status that storage gave; undefined when the client or storage has disconnected
   */
  pass(
    request: IncomingMessage,
    response: ServerResponse,
    options: { readonly discardAnswer: boolean },
  ): Promise<number | undefined>
}

export function createStorageProxy(options: {
  readonly accountName: string
  readonly blobUrl: string
  readonly queueUrl: string
  readonly queueNames: ReadonlySet<string>
}): StorageProxy {
  const prefix = `/${options.accountName}`
  const isQueue = (path: string): boolean => {
    const [, , name = ''] = path.split('/')
    return options.queueNames.has(name)
  }
  return {
    owns: (path) => path === prefix || path.startsWith(`${prefix}/`),
    isQueue,
    pass: async (request, response, { discardAnswer }) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      const target = new URL(isQueue(path) ? options.queueUrl : options.blobUrl)
      let answer: IncomingMessage
      try {
        answer = await answerOf(request, target)
      } catch (error) {
        if (!discardAnswer) unavailable(response, error)
        return undefined
      }
      if (discardAnswer) {
        answer.resume()
        await finished(answer).catch(() => undefined)
        return answer.statusCode
      }
      response.writeHead(answer.statusCode ?? 502, passedHeaders(answer.headers, undefined))
      try {
        await pipeline(answer, response)
      } catch {
        // The client or storage has disconnected in the middle. The pipeline closes the other side.
        return undefined
      }
      return answer.statusCode
    },
  }
}

async function answerOf(request: IncomingMessage, target: URL): Promise<IncomingMessage> {
  const upstream = httpRequest(optionsFor(request, target))
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve)
    upstream.once('error', reject)
  })
  // Storage may answer before the whole request is sent. An error in the rest of the request does not matter then.
  const sent = pipeline(request, upstream)
  sent.catch(() => undefined)
  return await answered
}

function optionsFor(request: IncomingMessage, target: URL): RequestOptions {
  const headers = passedHeaders(request.headers, target.host)
  const hasBody =
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  if (hasBody && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked'
  return { host: target.hostname, port: target.port, method: request.method, path: request.url, headers }
}

function unavailable(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const message = error instanceof Error ? error.message : String(error)
  response.writeHead(503, { 'content-type': 'text/plain', 'x-ms-error-code': 'ServerBusy' })
  response.end(`Local storage does not answer: ${message}\n`)
}

/** Headers that belong to one connection and not to the request (RFC 9110, 7.6.1). */
const HOP_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function passedHeaders(
  headers: NodeJS.Dict<string | string[]>,
  host: string | undefined,
): OutgoingHttpHeaders {
  const passed: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_HEADERS.has(name)) passed[name] = value
  }
  // A SAS does not sign the host, so the host may be replaced. It must be: if Azurite does not know a host name as its
  // own, it takes the account's name from that host name.
  if (host !== undefined) passed['host'] = host
  return passed
}
