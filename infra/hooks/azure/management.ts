import { setTimeout as sleep } from 'node:timers/promises'
import { HookFailure } from '../frame/failure.ts'
import type { AzureLogin } from './login.ts'

/** Where a flexible server lives in the subscription. */
export interface ServerPlace {
  readonly subscriptionId: string
  readonly resourceGroup: string
}

export interface ManagementOptions extends ServerPlace {
  /** https://management.azure.com, or a stand-in on this machine. */
  readonly url: string
  readonly login: AzureLogin
}

/** The newest stable version of Microsoft.DBforPostgreSQL/flexibleServers; the template pins the same. */
const API_VERSION = '2025-08-01'
const SCOPE = 'https://management.azure.com/.default'

const REQUEST_TIMEOUT_MS = 60_000
/** A restart takes a minute or two. If an operation takes longer than this, a person should look at it. */
const OPERATION_TIMEOUT_MS = 20 * 60_000
/** The wait between two looks at an operation: where Azure names no time itself, and the longest one. */
const POLL_DELAY_MS = 5_000
const POLL_DELAY_MAX_MS = 30_000
/**
 * Azure answers 409 while another change of the server is under way, such as the last ones of a provision. The call is
 * then repeated, up to this many attempts.
 */
const BUSY_ATTEMPTS = 10
/** An answer is read up to this size; the API's own answers are smaller. */
const ANSWER_CHARACTERS_MAX = 200_000

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/**
 * The few calls of Azure Resource Manager that the hooks make, by its asynchronous protocol: 201 or 202 with
 * `Azure-AsyncOperation` (or `Location`), which is asked until it has ended
 * (https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations).
 */
export class ManagementClient {
  readonly #options: ManagementOptions

  constructor(options: ManagementOptions) {
    this.#options = options
  }

  /** Restarts a server and waits until Azure says it is done. No failover to a standby. */
  async restart(server: string): Promise<void> {
    await this.#change('POST', `${server}/restart`, { restartWithFailover: false })
  }

  async putFirewallRule(server: string, rule: string, address: string): Promise<void> {
    await this.#change('PUT', `${server}/firewallRules/${rule}`, {
      properties: { startIpAddress: address, endIpAddress: address },
    })
  }

  async deleteFirewallRule(server: string, rule: string): Promise<void> {
    await this.#change('DELETE', `${server}/firewallRules/${rule}`)
  }

  /** @throws HookFailure MANAGEMENT_REFUSED, MANAGEMENT_FAILED */
  async #change(method: string, path: string, body?: unknown): Promise<void> {
    const { url, subscriptionId, resourceGroup } = this.#options
    const target = `${url}/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.DBforPostgreSQL/flexibleServers/${path}?api-version=${API_VERSION}`
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#ask(method, target, body)
      if (answer.status === 409 && attempt < BUSY_ATTEMPTS) {
        await sleep(delayOf(answer.headers))
        continue
      }
      if (answer.status === 404 && method === 'DELETE') return
      if (answer.status >= 300) throw refusal(method, target, answer)
      const operation = answer.headers.get('azure-asyncoperation') ?? answer.headers.get('location')
      if (operation !== null) await this.#finish(method, target, operation, delayOf(answer.headers))
      return
    }
  }

  async #finish(method: string, target: string, operation: string, firstDelayMs: number): Promise<void> {
    // A request to another address would give it the token for this one.
    if (new URL(operation).origin !== new URL(this.#options.url).origin)
      throw failed(method, target, `it refers to another address for its end, ${new URL(operation).origin}`)
    const endsAtMs = Date.now() + OPERATION_TIMEOUT_MS
    for (let delayMs = firstDelayMs; Date.now() < endsAtMs;) {
      await sleep(delayMs)
      const answer = await this.#ask('GET', operation)
      if (answer.status >= 400) throw refusal('GET', operation, answer)
      const { status, detail } = statusOf(answer.body)
      // A `Location` answers 202 until it has ended, and then with the resource or with nothing.
      if (status === 'Succeeded' || (status === '' && answer.status !== 202)) return
      if (status === 'Failed' || status === 'Canceled') throw failed(method, target, `${status}: ${detail}`)
      delayMs = delayOf(answer.headers)
    }
    throw failed(method, target, `it has not ended after ${OPERATION_TIMEOUT_MS / 60_000} minutes`)
  }

  async #ask(method: string, target: string, body?: unknown): Promise<Answer> {
    const token = await this.#options.login(SCOPE)
    try {
      const response = await fetch(target, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      })
      const text = (await response.text()).slice(0, ANSWER_CHARACTERS_MAX)
      return { status: response.status, headers: response.headers, body: parsed(text) }
    } catch (error) {
      throw failed(method, target, error instanceof Error ? error.message : String(error), error)
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** `Retry-After` in seconds, kept between nothing and half a minute. */
function delayOf(headers: Headers): number {
  const seconds = headers.get('retry-after')
  if (seconds === null || !/^\d{1,6}$/.test(seconds)) return POLL_DELAY_MS
  return Math.min(Number(seconds) * 1000, POLL_DELAY_MAX_MS)
}

function statusOf(body: unknown): { status: string; detail: string } {
  const { status, error } = (typeof body === 'object' && body !== null ? body : {}) as {
    status?: unknown
    error?: { code?: unknown; message?: unknown }
  }
  return {
    status: typeof status === 'string' ? status : '',
    detail: [error?.code, error?.message].filter((part) => typeof part === 'string').join(' '),
  }
}

function refusal(method: string, target: string, { status, body }: Answer): HookFailure {
  const { detail } = statusOf(body)
  if (status !== 401 && status !== 403) return failed(method, target, `${status} ${detail}`)
  return new HookFailure({
    code: 'MANAGEMENT_REFUSED',
    what: `Azure refuses ${method} to the account that is logged in: ${status} ${detail}`.trim(),
    where: withoutQuery(target),
    mend: 'Log in as somebody with Contributor on the resource group: azd auth login, then azd hooks run postprovision',
  })
}

const failed = (method: string, target: string, detail: string, cause?: unknown): HookFailure =>
  new HookFailure({
    code: 'MANAGEMENT_FAILED',
    what: `Azure did not carry out ${method}: ${detail}`.trim(),
    where: withoutQuery(target),
    mend: 'Look at the server in the portal (Activity log), then run: azd hooks run postprovision',
    cause,
  })

const withoutQuery = (target: string): string => target.split('?')[0] ?? target
