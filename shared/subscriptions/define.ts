import { TrickleError } from '../errors/index.ts'
import type { ProjectionDefinition } from './projection/define-projection.ts'
import type { SubscriptionEvent } from './run/subscription-event.ts'

/** What happens with an event whose last attempt has failed. */
export type PoisonAction =
  /** It is parked, and later events of its stream wait in order until an operator replays or skips it. */
  | 'park-stream'
  /** It is parked, and its stream goes on without it. */
  | 'park-event'
  /** The subscription stops until an operator decides. */
  | 'stop'

export interface HandlerContext {
  /** Aborted when the attempt has taken too long or another instance may have taken over: have no effect afterwards. */
  readonly signal: AbortSignal
  /** The number of this attempt at the event, from 1, counted across runs. */
  readonly attempt: number
}

export interface SubscriptionOptions {
  /**
   * Key of the checkpoint: 1 to 63 of a-z, 0-9 and '-'. Never change it: another name is a new subscription, which
   * begins at `startAt`.
   */
  readonly name: string
  /**
   * Only events of these types; all when absent. A type that is added later has no effect on events before the
   * checkpoint.
   */
  readonly types?: readonly string[]
  /** Only events of streams of these types; all when absent. */
  readonly streamTypes?: readonly string[]
  /** Where a new subscription begins. Default 'beginning': with every event that the log holds. */
  readonly startAt?: 'beginning' | 'now'
  /** Attempts at one event, 1 to 50, default 5. After the last one `onPoison` says what happens with the event. */
  readonly maxAttempts?: number
  /** An attempt that takes longer than this has failed. Default 30 s. */
  readonly attemptTimeoutMs?: number
  /** Wait after a failed attempt, doubled with each further one. Default: from 250 ms up to one minute. */
  readonly backoffMs?: { readonly first: number; readonly longest: number }
  /** Default 'park-stream', which keeps every stream's order. */
  readonly onPoison?: PoisonAction
}

/**
 * A subscription with an effect anywhere. `handle` gets each event at least once, in the order of each stream, so make
 * the effect idempotent (by tenant, source and id).
 */
export interface EventSubscription extends SubscriptionOptions {
  /** @throws to make the attempt fail; RetryLater or a retryable TrickleError when the event is not the cause. */
  handle(event: SubscriptionEvent, context: HandlerContext): Promise<void> | void
}

/** A subscription or a projection, checked and with its defaults filled in. */
export interface Subscription {
  readonly name: string
  readonly types: readonly string[] | null
  readonly streamTypes: readonly string[] | null
  readonly startAt: 'beginning' | 'now'
  readonly maxAttempts: number
  readonly attemptTimeoutMs: number
  readonly backoffMs: { readonly first: number; readonly longest: number }
  readonly onPoison: PoisonAction
  readonly code: Pick<EventSubscription, 'handle'> | Pick<ProjectionDefinition, 'project'>
}

const NAME = /^[a-z0-9-]{1,63}$/
/** With more, a broken event would be tried for hours: the wait after each attempt is up to a minute. */
const ATTEMPTS_MAX = 50
/** The same limit as for a filter of the feed. */
const TYPES_MAX = 100
/** Longer than any call that a handler should wait for, shorter than the time limit of a Functions host. */
const ATTEMPT_TIMEOUT_MS = 30_000
/**
 * The four waits between the default five attempts are 4 s together: enough for a short fault, short for other events.
 */
const usualBackoffMs = { first: 250, longest: 60_000 } as const

/**
 * Checks a subscription and fills in its defaults.
 * @throws TrickleError CONFIGURATION_INVALID
 */
export const defineSubscription = (definition: EventSubscription): Subscription =>
  checkedSubscription(definition, definition)

/** @throws TrickleError CONFIGURATION_INVALID */
export function checkedSubscription(options: SubscriptionOptions, code: Subscription['code']): Subscription {
  const { name, types, streamTypes, maxAttempts = 5 } = options
  const attemptTimeoutMs = options.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS
  const backoffMs = options.backoffMs ?? usualBackoffMs
  if (!NAME.test(name)) throw invalid(name, 'its name must be 1 to 63 of a-z, 0-9 and "-"')
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > ATTEMPTS_MAX)
    throw invalid(name, `maxAttempts must be 1 to ${ATTEMPTS_MAX}`)
  if (!(attemptTimeoutMs > 0)) throw invalid(name, 'attemptTimeoutMs must be above 0')
  if (!(backoffMs.first >= 0 && backoffMs.longest >= backoffMs.first))
    throw invalid(name, 'backoffMs must be 0 or more, and longest no less than first')
  for (const list of [types, streamTypes]) {
    if (list !== undefined && (list.length === 0 || list.length > TYPES_MAX))
      throw invalid(name, `types and streamTypes hold 1 to ${TYPES_MAX} entries each; leave them out for all`)
  }
  return {
    name,
    types: types ?? null,
    streamTypes: streamTypes ?? null,
    startAt: options.startAt ?? 'beginning',
    maxAttempts,
    attemptTimeoutMs,
    backoffMs,
    onPoison: options.onPoison ?? 'park-stream',
    code,
  }
}

const invalid = (name: string, what: string): TrickleError =>
  new TrickleError('CONFIGURATION_INVALID', `The subscription ${JSON.stringify(name)} can't be: ${what}.`)
