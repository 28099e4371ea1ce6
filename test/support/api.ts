import { randomBytes } from 'node:crypto'
import { isForeignWanted, startForeignTransactions } from './foreign-transactions.ts'
import { leaseLocalRun } from './leased-run.ts'
import { startLocalRun } from './local-run.ts'
import type { LocalRun } from './local-run.ts'
import { feedSettled } from './settled-feed.ts'

export interface CallOptions {
  /** Null: send no token. Absent: use the token of the tenant acme. */
  readonly token?: string | null
  readonly json?: unknown
  readonly body?: string | Uint8Array
  readonly headers?: Record<string, string>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Record<string, unknown> | null
}

/** A minimal event. */
export const event = { type: 'OrderPlaced', data: { amount: 1 } }

/** The running product, called as its users call it: by HTTP, with tokens of an operator and two tenants. */
export interface Api {
  readonly run: LocalRun
  /** The slugs of two new tenants for the calling file. Other files may have used the product before. */
  readonly slugs: { readonly acme: string; readonly other: string }
  readonly tokens: { readonly acme: string; readonly other: string; readonly operator: string }
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Answer>
  readonly append: (stream: string, options?: CallOptions) => Promise<Answer>
  /** Waits until the feed shows everything that was appended: the product's own transactions can hold the feed. */
  readonly feedSettled: () => Promise<void>
}

export interface ApiOptions {
  /** True for a file that changes something global. It gets a product that no other file uses, before or after it. */
  readonly own?: boolean
}

export async function startApi({ own = false }: ApiOptions = {}): Promise<Api> {
  const run = await (own ? startLocalRun() : leaseLocalRun())
  const endForeign = isForeignWanted() ? await startForeignTransactions(run.postgres.app) : undefined
  const suffix = randomBytes(4).toString('hex')
  const slugs = { acme: `acme-${suffix}`, other: `other-${suffix}` }
  const roles = ['writer', 'reader']
  const acme = await run.token({ tenant: slugs.acme, roles })
  const operator = await run.token({ roles: ['operator'] })
  const call: Api['call'] = async (method, path, { token, json, body, headers = {} } = {}) => {
    const hasBody = json !== undefined || body !== undefined
    const ask = (url: string): Promise<Response> =>
      fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token ?? acme}` }),
          ...(hasBody ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        ...(hasBody ? { body: body ?? JSON.stringify(json) } : {}),
      })
    const apps = [run.url, run.background.url] as const
    const [here, there] = token === operator ? [apps[1], apps[0]] : apps
    const first = await ask(here)
    // What the other app serves is asked there, as the answer says.
    const response = first.status === 421 ? await ask(there) : first
    const text = await response.text()
    const parsed = text === '' ? null : (JSON.parse(text) as Record<string, unknown>)
    return { status: response.status, headers: response.headers, text, json: parsed }
  }
  const tenants = Object.values(slugs).map((slug) => ({ slug }))
  await call('POST', '/api/tenants/bulk', { token: operator, json: { tenants } })
  return {
    run: {
      ...run,
      async stop() {
        await endForeign?.()
        await run.stop()
      },
    },
    slugs,
    tokens: { acme, operator, other: await run.token({ tenant: slugs.other, roles }) },
    call,
    append: (stream, options = { json: event }) => call('POST', `/api/streams/${stream}/events`, options),
    feedSettled: () => feedSettled(run.postgres.app),
  }
}
