import { z } from 'zod'

/** Something could not be read. The message says what Azure answered, in a few words. */
export class NotRead extends Error {
  override readonly name = 'NotRead'
}

export interface AzureReaderOptions {
  /** Azure Resource Manager, without a slash at the end. */
  readonly url: string
  readonly token: () => Promise<string>
}

/** The slowest answer here, the capabilities of a region, takes some seconds. */
const REQUEST_TIMEOUT_MS = 60_000

/** A server has some 400 parameters on one page; the activity log of three months has more. */
const PAGES_MAX = 30

const errorSchema = z.object({ error: z.object({ code: z.string() }) })
const pageSchema = z.object({ value: z.array(z.unknown()), nextLink: z.string().nullish() })

/**
 * Reads from Azure Resource Manager. It has no method that writes, and its token goes to its own address only. What was
 * read once is not asked for again.
 */
export class AzureReader {
  readonly #options: AzureReaderOptions
  readonly #answers = new Map<string, Promise<unknown>>()
  #token: Promise<string> | undefined

  constructor(options: AzureReaderOptions) {
    this.#options = options
  }

  /** @throws NotRead */
  async get<T>(path: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T>): Promise<T> {
    return parsed(path, schema, await this.#read(this.#target(path, query)))
  }

  /** All pages of a list. @throws NotRead */
  async list<T>(path: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T>): Promise<T[]> {
    const found: T[] = []
    let target: string | undefined = this.#target(path, query)
    for (let page = 0; target !== undefined && page < PAGES_MAX; page += 1) {
      const { value, nextLink }: z.output<typeof pageSchema> = parsed(
        path,
        pageSchema,
        await this.#read(target),
      )
      for (const item of value) found.push(parsed(path, schema, item))
      target = nextLink ?? undefined
    }
    return found
  }

  #target(path: string, query: Readonly<Record<string, string>>): string {
    return `${this.#options.url}${path}?${new URLSearchParams(query).toString()}`
  }

  #read(target: string): Promise<unknown> {
    const known = this.#answers.get(target)
    if (known !== undefined) return known
    const answer = this.#fetch(target)
    this.#answers.set(target, answer)
    return answer
  }

  async #fetch(target: string): Promise<unknown> {
    if (new URL(target).origin !== new URL(this.#options.url).origin)
      throw new NotRead('Azure names a next page at another address, which gets no token')
    this.#token ??= this.#options.token()
    const headers = { authorization: `Bearer ${await this.#token}` }
    let response: Response
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
      response = await fetch(target, { headers, redirect: 'error', signal })
    } catch (error) {
      throw new NotRead(`Azure can't be reached (${reasonOf(error)})`)
    }
    const body: unknown = await response.json().catch(() => undefined)
    if (response.ok) return body
    const { data } = errorSchema.safeParse(body)
    throw new NotRead(`Azure answered ${response.status}${data === undefined ? '' : ` ${data.error.code}`}`)
  }
}

function parsed<T>(path: string, schema: z.ZodType<T>, value: unknown): T {
  const { data, error } = schema.safeParse(value)
  if (data !== undefined) return data
  const where = error?.issues[0]?.path.join('.') ?? ''
  throw new NotRead(`Azure answered ${path.split('/').at(-1) ?? path} in another form (at ${where})`)
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}
