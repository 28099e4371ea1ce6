import type { IncomingMessage, ServerResponse } from 'node:http'
import { connectionOf } from '../http/index.ts'
import type {
  BodyPart,
  BodyReader,
  ClientConnection,
  IncomingRequest,
  RequestBody,
  RequestHeaders,
} from '../http/index.ts'
import type { TriggerMetadata } from './worker-core.ts'

/**
 * The request of an invocation, made of what came over the platform's connection. The library makes a Request of the
 * fetch standard out of it, whose headers and streams took most of the time of the cheapest request.
 *
 * Headers and parameters are those of the trigger's metadata, as in the library: the platform changes some headers on
 * the way, the trace among them (azure-functions-host, issue 9840).
 * @throws TypeError when the address has a form that is not allowed
 */
export function workerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  metadata: TriggerMetadata,
): IncomingRequest {
  const { 'x-forwarded-proto': protocol, 'x-forwarded-host': host } = request.headers
  const url = `${String(protocol)}://${String(host)}${request.url}`
  if (!URL.canParse(url)) throw new TypeError('The address of the request is not readable')
  return new WorkerRequest(request, response, metadata, url)
}

class WorkerRequest implements IncomingRequest {
  readonly method: string
  readonly url: string
  readonly headers: RequestHeaders
  readonly params: Readonly<Record<string, string>>
  readonly body: RequestBody | null
  readonly client: ClientConnection
  #query: URLSearchParams | undefined

  constructor(request: IncomingMessage, response: ServerResponse, metadata: TriggerMetadata, url: string) {
    this.method = request.method ?? 'GET'
    this.url = url
    this.headers = headersOf(request, metadata)
    this.params = paramsOf(metadata)
    this.body = bodyOf(request, this.method)
    this.client = connectionOf(response)
  }

  get query(): URLSearchParams {
    const start = this.url.indexOf('?')
    return (this.#query ??= new URLSearchParams(start < 0 ? '' : this.url.slice(start)))
  }
}

/**
 * A query parameter of that name takes the place of the headers in the metadata. It is a string, and the headers are
 * JSON: what a client writes into its query is never taken for headers.
 */
function headersOf(request: IncomingMessage, { Headers: given }: TriggerMetadata): RequestHeaders {
  const json = given?.json ?? undefined
  const values = json === undefined ? joinedHeaders(request) : parsedHeaders(json)
  return {
    get: (name) => values.get(name.toLowerCase()) ?? null,
    [Symbol.iterator]: () => values.entries(),
  }
}

function parsedHeaders(json: string): Map<string, string> {
  const headers = new Map<string, string>()
  const parsed = JSON.parse(json) as Record<string, unknown>
  for (const name in parsed) headers.set(name.toLowerCase(), String(parsed[name]).trim())
  return headers
}

function joinedHeaders({ rawHeaders }: IncomingMessage): Map<string, string> {
  const headers = new Map<string, string>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    const earlier = headers.get(name)
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`)
  }
  return headers
}

function paramsOf(metadata: TriggerMetadata): Record<string, string> {
  // Without a prototype, so that a parameter may have any name.
  const params = Object.create(null) as Record<string, string>
  for (const name in metadata) {
    const value = metadata[name]?.string
    if (value !== undefined && value !== null) params[name] = value
  }
  return params
}

function bodyOf(request: IncomingMessage, method: string): RequestBody | null {
  if (method === 'GET' || method === 'HEAD') return null
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0')) return null
  return { getReader: () => new MessageReader(request) }
}

/** Reads a message part by part, as it comes. Nothing is taken from the connection before it is asked for. */
class MessageReader implements BodyReader {
  readonly #message: IncomingMessage
  #failure: Error | undefined
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(message: IncomingMessage) {
    this.#message = message
    const wake = (): void => this.#wake?.()
    message.on('readable', wake)
    message.once('end', () => {
      this.#isEnded = true
      wake()
    })
    message.once('error', (error) => {
      this.#failure = error
      wake()
    })
    message.once('close', wake)
  }

  async read(): Promise<BodyPart> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isEnded) return { done: true }
      const value = this.#message.read() as Buffer | null
      if (value !== null) return { done: false, value }
      if (this.#message.destroyed && !this.#isEnded) throw new Error('The client has hung up')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }

  async cancel(): Promise<void> {
    this.#message.destroy()
  }
}
