import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { CommandFailure } from '../frame/index.ts'

export const GRAPH_URL = 'https://graph.microsoft.com/v1.0/'

/** Graph answers within seconds. */
const REQUEST_TIMEOUT_MS = 30_000

/**
 * Graph answers 404 for an object that was made a moment before, until all of its copies have it, and 429 or 503 when
 * it is busy. A minute is what Microsoft's own tools wait.
 */
const PATIENCE_MS = 60_000
const FIRST_PAUSE_MS = 500
const PAUSE_MAX_MS = 8_000

/** A hundred objects a page. A name has one or two, an application some tens of assignments. */
const PAGES_MAX = 20

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })
const pageSchema = z.object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().optional() })

export interface GraphOptions {
  /** Ends with a slash. */
  readonly url: string
  readonly token: () => Promise<string>
}

interface RequestOptions {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly body?: object
  /** The object was made by this run: it may not be seen everywhere yet. */
  readonly isNew?: boolean
}

/** Microsoft Graph, as far as a registration needs it. Every method throws CommandFailure GRAPH_REFUSED. */
export class Graph {
  readonly #options: GraphOptions
  #token: Promise<string> | undefined

  constructor(options: GraphOptions) {
    this.#options = options
  }

  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#parsed(path, schema, await this.#send(path, { method: 'GET' }))
  }

  /** Everything of a list. */
  async list<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
    const found: T[] = []
    let next: string | undefined = path
    for (let page = 0; next !== undefined; page += 1) {
      if (page === PAGES_MAX)
        throw new CommandFailure('GRAPH_REFUSED', `${path} has more than ${PAGES_MAX} pages.`)
      const { value, '@odata.nextLink': more }: z.output<typeof pageSchema> = await this.get(next, pageSchema)
      for (const item of value) found.push(this.#parsed(path, schema, item))
      next = more
    }
    return found
  }

  async post<T>(path: string, body: object, schema: z.ZodType<T>, isNew = false): Promise<T> {
    return this.#parsed(path, schema, await this.#send(path, { method: 'POST', body, isNew }))
  }

  async patch(path: string, body: object, isNew = false): Promise<void> {
    await this.#send(path, { method: 'PATCH', body, isNew })
  }

  #parsed<T>(path: string, schema: z.ZodType<T>, value: unknown): T {
    const { data, error } = schema.safeParse(value)
    if (data !== undefined) return data
    const where = error?.issues[0]?.path.join('.') ?? ''
    throw new CommandFailure(
      'GRAPH_REFUSED',
      `Microsoft Graph answered ${path} in another form than it documents (at ${where}).`,
    )
  }

  async #send(path: string, request: RequestOptions): Promise<unknown> {
    const endsAtMs = Date.now() + PATIENCE_MS
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      const response = await this.#fetch(path, request)
      if (response.ok) return response.status === 204 ? undefined : await response.json()
      const isPassing = [429, 503].includes(response.status) || (request.isNew && response.status === 404)
      if (isPassing !== true || Date.now() + pauseMs > endsAtMs)
        throw await refused(path, request.method, response)
      await response.body?.cancel()
      await pause(pauseMs)
      pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)
    }
  }

  async #fetch(path: string, { method, body }: RequestOptions): Promise<Response> {
    const { url, token } = this.#options
    this.#token ??= token()
    const headers = { Authorization: `Bearer ${await this.#token}`, 'Content-Type': 'application/json' }
    try {
      return await fetch(new URL(path, url), {
        method,
        headers,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new CommandFailure('UNREACHABLE', `Microsoft Graph can't be reached (${reason}).`, {
        cause: error,
      })
    }
  }
}

async function refused(path: string, method: string, response: Response): Promise<CommandFailure> {
  const told = errorSchema.safeParse(await response.json().catch(() => undefined))
  const reason = told.success
    ? `${told.data.error.code}: ${told.data.error.message}`
    : `status ${response.status}`
  const mend =
    response.status === 403
      ? ' Your account needs the right to register applications (Application Developer), and to assign roles Cloud Application Administrator.'
      : ''
  return new CommandFailure(
    'GRAPH_REFUSED',
    `Microsoft Graph refused ${method} ${path.split('?')[0]}: ${reason}${mend}`,
  )
}
