/**
 * The part `extensions.serviceBus` of host.json, with the defaults of the platform's extension.
 *
 * Source: azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.ServiceBus, ServiceBusOptions.cs. As .NET's
 * configuration does, it takes names in any case, and numbers and booleans also as text. Other than there, a name that
 * the extension doesn't have is refused: there it would be ignored, and the default would hold without a word.
 */
import { availableParallelism } from 'node:os'
import { HostStartFailure } from '../start-failure.ts'
import { parseTimeSpan } from '../time-span.ts'

export interface ServiceBusSettings {
  /** Messages that are fetched ahead. Their locks run while they wait. */
  readonly prefetchCount: number
  /** Whether what a function did not fail at is completed; a function's own setting comes first. */
  readonly autoCompleteMessages: boolean
  /** For how long the lock of one message (or session) is renewed. Batches have no renewal. */
  readonly maxAutoLockRenewalDurationMs: number
  /** Runs of one function at a time, for single messages without sessions. */
  readonly maxConcurrentCalls: number
  /** Sessions of one function at a time, for single messages. */
  readonly maxConcurrentSessions: number
  readonly maxConcurrentCallsPerSession: number
  readonly maxMessageBatchSize: number
  readonly minMessageBatchSize: number
  /** How long a batch waits for `minMessageBatchSize`. */
  readonly maxBatchWaitTimeMs: number
  /** How long a session may give no message before it is closed. */
  readonly sessionIdleTimeoutMs: number
  /** How long one wait for a session lasts before the next begins. */
  readonly tryTimeoutMs: number
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
/** The platform's default for a processor core. */
const CALLS_PER_CORE = 16
/** The most that the extension takes for maxBatchWaitTime: half of the longest lock. */
const BATCH_WAIT_MAX_MS = 2.5 * MINUTE_MS
const COUNT_MAX = 2 ** 31 - 1

/** Names that the extension has and that change nothing here: how the SDK of .NET talks to the service. */
const WITHOUT_EFFECT = [
  'transporttype',
  'webproxy',
  'enablecrossentitytransactions',
  'clientretryoptions__mode',
  'clientretryoptions__delay',
  'clientretryoptions__maxdelay',
  'clientretryoptions__maxretries',
]

/**
 * Reads the settings.
 * @param section the value of `extensions.serviceBus` in host.json
 * @param overlay overriding settings of the environment by their path in lower case, such as
 *   `extensions__servicebus__prefetchcount`
 * @param file for messages only
 * @throws HostStartFailure HOST_JSON_BROKEN naming the setting that is wrong, and what it may be
 */
export function readServiceBusSettings(
  section: unknown,
  overlay: ReadonlyMap<string, string>,
  file: string,
): ServiceBusSettings {
  const written = new Section(section, overlay, file)
  const tryTimeoutMs = written.timeSpan('clientRetryOptions__tryTimeout', MINUTE_MS, SECOND_MS)
  const maxMessageBatchSize = written.count('maxMessageBatchSize', 1_000, 1)
  const settings = {
    prefetchCount: written.count('prefetchCount', 0, 0),
    autoCompleteMessages: written.flag('autoCompleteMessages', true),
    maxAutoLockRenewalDurationMs: written.timeSpan('maxAutoLockRenewalDuration', 5 * MINUTE_MS, 0),
    maxConcurrentCalls: written.count('maxConcurrentCalls', CALLS_PER_CORE * availableParallelism(), 1),
    maxConcurrentSessions: written.count('maxConcurrentSessions', 8, 1),
    maxConcurrentCallsPerSession: written.count('maxConcurrentCallsPerSession', 1, 1),
    maxMessageBatchSize,
    minMessageBatchSize: written.count('minMessageBatchSize', 1, 1, maxMessageBatchSize),
    maxBatchWaitTimeMs: written.timeSpan('maxBatchWaitTime', 30 * SECOND_MS, 0, BATCH_WAIT_MAX_MS),
    sessionIdleTimeoutMs: written.timeSpan('sessionIdleTimeout', tryTimeoutMs, 1),
    tryTimeoutMs,
  }
  written.refuseOthers()
  return settings
}

/** The values that are written, each taken once. */
class Section {
  /** By path in lower case, parts joined by `__`. */
  readonly #values = new Map<string, unknown>()
  readonly #known = new Set<string>(WITHOUT_EFFECT)
  readonly #file: string

  constructor(section: unknown, overlay: ReadonlyMap<string, string>, file: string) {
    this.#file = file
    this.#collect('', section)
    const prefix = 'extensions__servicebus__'
    for (const [path, text] of overlay)
      if (path.startsWith(prefix)) this.#values.set(path.slice(prefix.length), text)
  }

  #collect(path: string, value: unknown): void {
    if (value === undefined) return
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (path === '') throw this.#failure('', value, 'an object')
      this.#values.set(path, value)
      return
    }
    for (const [name, inner] of Object.entries(value))
      this.#collect(`${path === '' ? '' : `${path}__`}${name.toLowerCase()}`, inner)
  }

  #take(name: string): unknown {
    const path = name.toLowerCase()
    this.#known.add(path)
    return this.#values.get(path)
  }

  count(name: string, otherwise: number, least: number, most: number = COUNT_MAX): number {
    const value = this.#take(name)
    if (value === undefined) return Math.min(otherwise, most)
    const number = typeof value === 'string' && /^\d+$/u.test(value) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most)
      throw this.#failure(name, value, `a whole number from ${least} to ${most}`)
    return number
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.#take(name) ?? otherwise
    if (typeof value === 'boolean') return value
    const text = typeof value === 'string' ? value.toLowerCase() : undefined
    if (text !== 'true' && text !== 'false') throw this.#failure(name, value, 'true or false')
    return text === 'true'
  }

  /** @returns milliseconds */
  timeSpan(name: string, otherwiseMs: number, leastMs: number, mostMs = Number.MAX_SAFE_INTEGER): number {
    const value = this.#take(name)
    if (value === undefined) return otherwiseMs
    const spanMs = typeof value === 'string' ? parseTimeSpan(value) : undefined
    if (spanMs === undefined || spanMs < leastMs || spanMs > mostMs)
      throw this.#failure(name, value, `a time span such as "00:00:30"${rangeOf(leastMs, mostMs)}`)
    return spanMs
  }

  refuseOthers(): void {
    for (const path of this.#values.keys()) {
      if (this.#known.has(path)) continue
      throw new HostStartFailure(
        'HOST_JSON_BROKEN',
        `${this.#file}: extensions.serviceBus has no setting "${path.replaceAll('__', '.')}" in version 5 of the extension, which would ignore it; remove it.`,
      )
    }
  }

  #failure(name: string, value: unknown, expected: string): HostStartFailure {
    const path = ['extensions', 'serviceBus', ...name.split('__').filter((part) => part !== '')].join('.')
    return new HostStartFailure(
      'HOST_JSON_BROKEN',
      `${this.#file}: ${path} is ${JSON.stringify(value)}; it must be ${expected}.`,
    )
  }
}

function rangeOf(leastMs: number, mostMs: number): string {
  const least = leastMs > 0 ? `, ${leastMs} ms or more` : ', not below zero'
  return mostMs === Number.MAX_SAFE_INTEGER ? least : `${least}, ${mostMs / SECOND_MS} s at most`
}
