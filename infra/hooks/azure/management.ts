import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { API_VERSION, askManagement, failed, refusal, statusOf } from './management-request.ts'
import type { ManagementAddress } from './management-request.ts'

/** Where a flexible server lives in the subscription. */
export interface ServerPlace {
  readonly subscriptionId: string
  readonly resourceGroup: string
}

export interface ManagementOptions extends ServerPlace, ManagementAddress {}

const parameterSchema = z.object({ properties: z.object({ value: z.string() }) })

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

  /** The value of a server parameter, as the server has it or will have it after a restart. */
  async parameter(server: string, name: string): Promise<string> {
    const target = this.#target(`${server}/configurations/${name}`)
    const answer = await askManagement(this.#options, 'GET', target)
    if (answer.status >= 300) throw refusal('GET', target, answer)
    const { success, data } = parameterSchema.safeParse(answer.body)
    if (success) return data.properties.value
    throw failed('GET', target, 'its answer holds no value')
  }

  async putParameter(server: string, name: string, value: string): Promise<void> {
    await this.#change('PUT', `${server}/configurations/${name}`, {
      properties: { value, source: 'user-override' },
    })
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
    const target = this.#target(path)
    for (let attempt = 1; ; attempt += 1) {
      const answer = await askManagement(this.#options, method, target, body)
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

  #target(path: string): string {
    const { url, subscriptionId, resourceGroup } = this.#options
    return `${url}/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.DBforPostgreSQL/flexibleServers/${path}?api-version=${API_VERSION}`
  }

  async #finish(method: string, target: string, operation: string, firstDelayMs: number): Promise<void> {
    // A request to another address would give it the token for this one.
    if (new URL(operation).origin !== new URL(this.#options.url).origin)
      throw failed(method, target, `it refers to another address for its end, ${new URL(operation).origin}`)
    const endsAtMs = Date.now() + OPERATION_TIMEOUT_MS
    for (let delayMs = firstDelayMs; Date.now() < endsAtMs;) {
      await sleep(delayMs)
      const answer = await askManagement(this.#options, 'GET', operation)
      if (answer.status >= 400) throw refusal('GET', operation, answer)
      const { status, detail } = statusOf(answer.body)
      // A `Location` answers 202 until it has ended, and then with the resource or with nothing.
      if (status === 'Succeeded' || (status === '' && answer.status !== 202)) return
      if (status === 'Failed' || status === 'Canceled') throw failed(method, target, `${status}: ${detail}`)
      delayMs = delayOf(answer.headers)
    }
    throw failed(method, target, `it has not ended after ${OPERATION_TIMEOUT_MS / 60_000} minutes`)
  }
}

/** `Retry-After` in seconds, kept between nothing and half a minute. */
function delayOf(headers: Headers): number {
  const seconds = headers.get('retry-after')
  if (seconds === null || !/^\d{1,6}$/.test(seconds)) return POLL_DELAY_MS
  return Math.min(Number(seconds) * 1000, POLL_DELAY_MAX_MS)
}
