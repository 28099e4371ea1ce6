import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

/** What a request does beside its work; each is used up by one import request, in this order. */
export type Trouble =
  | { readonly kind: 'fine' }
  /** No answer but this status. */
  | { readonly kind: 'status'; readonly status: number; readonly code?: string }
  /** The connection ends when so many lines are stored, `told` of them with their outcome. */
  | { readonly kind: 'cut'; readonly stored: number; readonly told: number }
  /** The answer breaks off by an error line when so many lines are stored. */
  | {
      readonly kind: 'errorLine'
      readonly stored: number
      readonly code: string
      readonly retryable: boolean
    }
  /** Something else answers, with success. */
  | { readonly kind: 'stranger'; readonly text: string }
  /** The answer ends in order, and lacks the outcomes after so many. */
  | { readonly kind: 'short'; readonly told: number }

export interface StoredEvent {
  readonly id: string
  readonly text: string
}

const lineSchema = z.looseObject({ streamId: z.string(), id: z.string(), tenant: z.string().optional() })
const tenantsSchema = z.object({ tenants: z.array(z.object({ slug: z.string() })).max(1000) })

interface Outcome {
  readonly outcome: 'appended' | 'duplicate' | 'rejected'
  readonly code?: string
  readonly detail?: string
}

/** A server that speaks the import protocol, keeps what it is given in memory, and fails on demand. */
export class ImportServer {
  readonly troubles: Trouble[] = []
  readonly requests: { lines: number; tenants: number }[] = []
  readonly tenants = new Set<string>()
  /** External ids of other tenants: no tenant is made under such a name. */
  readonly externalIds = new Set<string>()
  /** Events by tenant and stream, in the order in which they came. */
  readonly streams = new Map<string, StoredEvent[]>()
  readonly raw: string[] = []
  /** Lines that are stored together; the outcomes of a batch come when the next one is read, as with the real one. */
  batchLines = 5
  batchMs = 0
  /** No batch is stored while so many events are: an import is certainly in its middle then. */
  holdAt = Number.POSITIVE_INFINITY
  /** Tenants that are not made are refused. */
  knowsTenants = false
  largestOpen = 0
  #open = 0
  readonly #events = new Map<string, string>()
  readonly #server: Server
  #port = 0

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch(() => response.destroy())
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get count(): number {
    return this.#events.size
  }

  async start(): Promise<this> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
    return this
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** Waits until nothing is written any more: a request goes on for a while after its client is gone. */
  async idle(): Promise<void> {
    while (this.#open > 0) await delay(5)
  }

  /** Forgets all events, as a start with --fresh does. */
  clear(): void {
    this.#events.clear()
    this.streams.clear()
    this.tenants.clear()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/api/tenants/bulk') {
      await this.#makeTenants(request, response)
      return
    }
    this.#open += 1
    this.largestOpen = Math.max(this.largestOpen, this.#open)
    try {
      await this.#import(request, response)
    } finally {
      this.#open -= 1
    }
  }

  async #makeTenants(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { tenants } = tenantsSchema.parse(JSON.parse(Buffer.concat(chunks).toString()))
    const clash = tenants.find(({ slug }) => this.externalIds.has(slug))
    if (clash !== undefined) {
      const detail = `The slug "${clash.slug}" is the external id of the tenant other.`
      response.writeHead(409, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ status: 409, code: 'TENANT_EXISTS', detail }))
      return
    }
    const before = this.tenants.size
    for (const { slug } of tenants) this.tenants.add(slug)
    this.requests.push({ lines: 0, tenants: tenants.length })
    const created = this.tenants.size - before
    response.end(JSON.stringify({ created, existing: tenants.length - created }))
  }

  async #import(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const trouble = this.troubles.shift() ?? { kind: 'fine' }
    const seen = { lines: 0, tenants: 0 }
    this.requests.push(seen)
    if (trouble.kind === 'status') {
      const { status, code } = trouble
      response.writeHead(status, { 'content-type': 'application/problem+json' })
      response.end(code === undefined ? 'no words' : JSON.stringify({ status, code, detail: 'not now' }))
      return
    }
    if (trouble.kind === 'stranger') {
      response.end(trouble.text)
      return
    }
    const told = trouble.kind === 'short' || trouble.kind === 'cut' ? trouble.told : Number.POSITIVE_INFINITY
    const stored =
      trouble.kind === 'cut' || trouble.kind === 'errorLine' ? trouble.stored : Number.POSITIVE_INFINITY
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    let waiting: string[] = []
    let batch: string[] = []
    const write = async (): Promise<void> => {
      if (this.batchMs > 0) await delay(this.batchMs)
      while (this.count >= this.holdAt) await delay(5)
      const before = waiting
      waiting = []
      for (const text of batch) {
        if (seen.lines >= stored) break
        seen.lines += 1
        const outcome = JSON.stringify({ line: seen.lines, ...this.#store(text) })
        if (seen.lines <= told) waiting.push(`${outcome}\n`)
      }
      batch = []
      if (before.length > 0) response.write(before.join(''))
    }
    for await (const line of linesOf(request)) {
      batch.push(line)
      if (batch.length >= this.batchLines) await write()
      if (seen.lines >= stored) break
    }
    await write()
    response.write(waiting.join(''))
    if (trouble.kind === 'cut') {
      // What was written shall arrive before the end.
      await delay(20)
      request.socket.destroy()
      return
    }
    if (trouble.kind === 'errorLine') {
      const { code, retryable } = trouble
      response.write(`${JSON.stringify({ error: { code, retryable, detail: 'broken off', status: 503 } })}\n`)
    }
    response.end()
  }

  #store(text: string): Outcome {
    this.raw.push(text)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return { outcome: 'rejected', code: 'MALFORMED_JSON', detail: 'The text is not valid JSON.' }
    }
    const parsed = lineSchema.safeParse(value)
    if (!parsed.success) return { outcome: 'rejected', code: 'VALIDATION_FAILED', detail: 'not an event' }
    const { tenant = '', streamId, id } = parsed.data
    if (this.knowsTenants && !this.tenants.has(tenant)) {
      return { outcome: 'rejected', code: 'TENANT_UNKNOWN', detail: `There is no tenant ${tenant}.` }
    }
    const key = JSON.stringify([tenant, id])
    const known = this.#events.get(key)
    if (known !== undefined) {
      return known === text
        ? { outcome: 'duplicate' }
        : { outcome: 'rejected', code: 'EVENT_ID_EXISTS', detail: 'other content' }
    }
    this.#events.set(key, text)
    const stream = `${tenant}/${streamId}`
    this.streams.set(stream, [...(this.streams.get(stream) ?? []), { id, text }])
    return { outcome: 'appended' }
  }
}

async function* linesOf(request: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of request) {
    const lines = (rest + (chunk as Buffer).toString()).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line.trim() !== '')
  }
  if (rest.trim() !== '') yield rest
}
