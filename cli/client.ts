/**
 * The HTTP client of a running Trickle, for commands: the local run with a token it signs itself, or another one by
 * --url and --token.
 *
 * Invariant: it knows nothing but the public API. An answer that is no success becomes one clear line and exit code 1.
 */
import { z } from 'zod'
import { homeAt, readRun } from '../local/run/index.ts'
import { isThisMachine } from '../shared/address/index.ts'
import { signToken } from '../local/issuer/index.ts'
import { CommandFailure, UsageError } from './frame/index.ts'

/** The options of every command that talks to a running Trickle. */
export const clientOptions = {
  url: { type: 'string', placeholder: 'URL', description: 'a running Trickle (default: the local run)' },
  token: {
    type: 'string',
    placeholder: 'TOKEN',
    description: 'token for it (default: TRICKLE_TOKEN, or one for the local run)',
  },
  insecure: {
    type: 'boolean',
    default: false,
    description: 'let --url be plain http to another machine: all on the way can read token and events',
  },
} as const

/** The values of `clientOptions`. */
export interface ClientValues {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly insecure?: boolean | undefined
}

export interface ClientSettings extends ClientValues {
  readonly home: string
  /** Of the token that is made for the local run; absent for operators. */
  readonly tenant?: string | undefined
  readonly roles: readonly string[]
}

export interface ClientRequest {
  readonly method?: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  /** A value to be sent as JSON, or a body as it is (a string, bytes, a stream) with its own content-type. */
  readonly json?: unknown
  readonly body?: NonNullable<RequestInit['body']>
  readonly signal?: AbortSignal
  /** Until the answer begins. Default 100 s, above the longest poll. */
  readonly timeoutMs?: number
}

export interface Client {
  /** Without a slash at the end. */
  readonly url: string
  /**
   * Sends a request to a path such as `/api/tenants`; the answer is a success.
   * @throws CommandFailure with the problem's code
   */
  send(path: string, request?: ClientRequest): Promise<Response>
  /** The same, with the answer read as JSON and checked. */
  json<T>(path: string, schema: z.ZodType<T>, request?: ClientRequest): Promise<T>
}

const DEFAULT_TIMEOUT_MS = 100_000

/** Long enough for any request, short enough to be worthless soon; long imports ask for a new one. */
const TOKEN_SECONDS = 600
const RENEW_BEFORE_SECONDS = 60

const problemSchema = z.looseObject({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  traceId: z.string().optional(),
})

/** One line for an answer that is no success: status, code, words, trace. */
export async function problemLine(response: Response): Promise<{ code: string; line: string }> {
  const text = await response.text()
  let problem: z.infer<typeof problemSchema> = {}
  try {
    problem = problemSchema.parse(JSON.parse(text))
  } catch {
    // Some other server's page: its first words are all there is.
  }
  const code = problem.code ?? `HTTP_${response.status}`
  // One line, also where the server's words have several.
  const words = (problem.detail ?? problem.title ?? text.slice(0, 200)).replaceAll(/\s+/gu, ' ')
  const trace = problem.traceId === undefined ? '' : ` (trace ${problem.traceId})`
  return { code, line: `${response.status} ${code}${words === '' ? '' : `: ${words}`}${trace}` }
}

/**
 * A client for a command.
 * @throws CommandFailure NOT_RUNNING, UsageError
 */
export function openClient(settings: ClientSettings): Client {
  const url = addressOf(settings)
  const token = tokens(settings, url)
  const send = async (path: string, request: ClientRequest = {}): Promise<Response> => {
    const { json, body, timeoutMs = DEFAULT_TIMEOUT_MS } = request
    const timeout = AbortSignal.timeout(timeoutMs)
    const isJson = json !== undefined
    const content = isJson ? JSON.stringify(json) : body
    const init: RequestInit = {
      method: request.method ?? (content === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${await token()}`,
        ...(isJson ? { 'content-type': 'application/json' } : {}),
        ...request.headers,
      },
      signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
      ...(content === undefined ? {} : { body: content }),
      // A streamed body needs it: the answer may begin before the request has ended.
      ...(content instanceof ReadableStream ? { duplex: 'half' } : {}),
    }
    let response: Response
    try {
      response = await fetch(`${url}${path}`, { ...init, redirect: 'manual' })
    } catch (error) {
      request.signal?.throwIfAborted()
      throw unreachable(url, error)
    }
    if (response.ok) return response
    const elsewhere = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && elsewhere !== null)
      throw new CommandFailure('REDIRECTED', `${url} leads on to ${elsewhere}. Name that Trickle with --url.`)
    const { code, line } = await problemLine(response)
    throw new CommandFailure(code, line)
  }
  return {
    url,
    send,
    json: async (path, schema, request) => schema.parse(await (await send(path, request)).json()),
  }
}

/** The address to use, without a slash at its end. */
function addressOf(settings: ClientSettings): string {
  if (settings.url !== undefined) {
    if (!/^https?:\/\//iu.test(settings.url) || !URL.canParse(settings.url)) {
      throw new UsageError(`--url takes an http(s) address, not "${settings.url}".`)
    }
    assertSecure(settings.url, settings.insecure === true)
    return settings.url.replace(/\/+$/u, '')
  }
  const { state, status } = readRun(settings.home)
  if (status.url !== null) return status.url
  throw new CommandFailure(
    'NOT_RUNNING',
    `Trickle is ${state} (${settings.home}). Start it with npm start, or name another one with --url.`,
  )
}

/** @throws UsageError */
function assertSecure(url: string, isInsecure: boolean): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || isInsecure || isThisMachine(hostname)) return
  throw new UsageError(
    `--url ${url} leads to another machine without TLS: the token and every event could be read and changed on the way. Use https, or say --insecure if that way is your own.`,
  )
}

/** Tokens for the requests: the one that was given, or one of the local run, renewed before it expires. */
function tokens(settings: ClientSettings, url: string): () => Promise<string> {
  const given = settings.token ?? process.env['TRICKLE_TOKEN']
  if (given !== undefined && given !== '') return async () => await Promise.resolve(given)
  if (!isThisMachine(new URL(url).hostname)) {
    throw new UsageError('Another Trickle than the local run needs --token TOKEN (or TRICKLE_TOKEN).')
  }
  let current: { token: string; renewAt: number } | undefined
  return async () => {
    if (!current || Date.now() >= current.renewAt) {
      const token = await signToken(homeAt(settings.home).issuer, {
        ...(settings.tenant === undefined ? {} : { tenant: settings.tenant }),
        roles: settings.roles,
        expiresInSeconds: TOKEN_SECONDS,
        subject: 'trickle-cli',
      })
      current = { token, renewAt: Date.now() + (TOKEN_SECONDS - RENEW_BEFORE_SECONDS) * 1000 }
    }
    return current.token
  }
}

function unreachable(url: string, error: unknown): CommandFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  return new CommandFailure(
    'UNREACHABLE',
    `Nothing answers at ${url} (${cause}). Does it run? npx --no -- trickle status`,
    { cause: error },
  )
}
