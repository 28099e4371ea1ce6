/**
 * The HTTP client of the commands. It calls the local run with a token that it signs itself, or another running Trickle
 * with --url and --token. Of the local run's two apps it calls the one that serves the token's role; with --url the
 * caller chooses, and an app that does not serve the request says where the other one is.
 *
 * Invariant: it uses only the public API. An answer that is not a success becomes one clear line and exit code 1.
 */
import { z } from 'zod'
import { homeAt, readRun } from '../local/run/index.ts'
import { isThisMachine } from '../shared/address/index.ts'
import type { Side } from '../shared/sides/index.ts'
import { signToken } from '../local/issuer/index.ts'
import { CommandFailure, PROGRAM_NAME, UsageError } from './frame/index.ts'

/** The values of `clientOptions`. */
export interface ClientValues {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly insecure?: boolean | undefined
}

export interface ClientSettings extends ClientValues {
  readonly home: string
  /** The tenant in the token that is made for the local run. Absent for operators. */
  readonly tenant?: string | undefined
  readonly roles: readonly string[]
}

export interface ClientRequest {
  readonly method?: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  /** Either a value that is sent as JSON, or a body (string, bytes, stream) that is sent as it is. */
  readonly json?: unknown
  readonly body?: NonNullable<RequestInit['body']>
  readonly signal?: AbortSignal
  /** Time limit until the answer begins. The default of 100 s is longer than the longest poll. */
  readonly timeoutMs?: number
}

export interface Client {
  /** Without a slash at the end. */
  readonly url: string
  /**
   * Sends a request to a path such as `/api/tenants`, and returns an answer with a status of success.
   * @throws CommandFailure with the problem's code for any other status
   */
  send(path: string, request?: ClientRequest): Promise<Response>
  /** The same, with the answer read as JSON and checked. */
  json<T>(path: string, schema: z.ZodType<T>, request?: ClientRequest): Promise<T>
}

const DEFAULT_TIMEOUT_MS = 100_000

/** Long enough for any request, and short, so that a stolen token soon expires. Long imports get new tokens. */
const TOKEN_SECONDS = 600
const RENEW_BEFORE_SECONDS = 60

const problemSchema = z.looseObject({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  traceId: z.string().optional(),
})

/** One line for an answer that is not a success: status, code, detail, trace. */
export async function problemLine(response: Response): Promise<{ code: string; line: string }> {
  const text = await response.text()
  let problem: z.infer<typeof problemSchema> = {}
  try {
    problem = problemSchema.parse(JSON.parse(text))
  } catch {
    // Not a problem document, for example a gateway's page: the beginning of its text is shown instead.
  }
  const code = problem.code ?? `HTTP_${response.status}`
  // The server's text may have several lines: they become one.
  const words = (problem.detail ?? problem.title ?? text.slice(0, 200)).replaceAll(/\s+/gu, ' ')
  const trace = problem.traceId === undefined ? '' : ` (trace ${problem.traceId})`
  return { code, line: `${response.status} ${code}${words === '' ? '' : `: ${words}`}${trace}` }
}

/**
 * A client for a command.
 * @throws CommandFailure NOT_RUNNING, UsageError
 */
export function openClient(settings: ClientSettings): Client {
  const app = settings.roles.includes('operator') ? 'background' : 'public'
  const url = addressOf(settings, app)
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
      // fetch requires this for a streamed body, since the answer may begin before the request has ended.
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

/**
 * The address to use, without a slash at its end: that of --url, whichever app it is of, or of an app of the local run.
 * @throws CommandFailure NOT_RUNNING, UsageError
 */
export function addressOf(settings: Omit<ClientSettings, 'roles'>, app: Side = 'public'): string {
  if (settings.url !== undefined) {
    if (!/^https?:\/\//iu.test(settings.url) || !URL.canParse(settings.url)) {
      throw new UsageError(`--url takes an http(s) address, not "${settings.url}".`)
    }
    assertSecure(settings.url, settings.insecure === true)
    return settings.url.replace(/\/+$/u, '')
  }
  const { state, status } = readRun(settings.home)
  const url = app === 'background' ? status.background?.url : status.url
  if (url !== undefined && url !== null) return url
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

/** Returns the token for a request: the given one, or one of the local run, which is renewed before it expires. */
function tokens(settings: ClientSettings, url: string): () => Promise<string> {
  const given = givenToken(settings)
  if (given !== undefined) return async () => await Promise.resolve(given)
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

/** The token of --token or TRICKLE_TOKEN; undefined where one is made for the local run. */
export function givenToken({ token }: ClientValues): string | undefined {
  const given = token ?? process.env['TRICKLE_TOKEN']
  return given === '' ? undefined : given
}

function unreachable(url: string, error: unknown): CommandFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  return new CommandFailure(
    'UNREACHABLE',
    `Nothing answers at ${url} (${cause}). Does it run? ${PROGRAM_NAME} status`,
    { cause: error },
  )
}
