import { refusedCallerOf } from '../auth/index.ts'
import type { Identity, RefusedCaller } from '../auth/index.ts'
import type { TrickleError } from '../errors/index.ts'
import type { FailureFacts, KernelLogger } from './failure-log.ts'

/** What the kernel has learnt of a request's caller so far. */
export interface Sighting {
  identity?: Identity
  /** The header Trickle-Tenant, if its form is allowed. */
  namedTenant?: string | null
}

/**
 * Who did what: one line for each refused request, for each change that an operator asks for, and for a service that
 * begins to act for a tenant. Lines hold who, which route (its template), what came of it and the trace id: never a
 * token, an id in a path, a header or a body.
 */
export interface AccessLog {
  /** Statuses 401 and 403; others are ignored. */
  readonly refused: (error: TrickleError, facts: FailureFacts, seen: Sighting) => void
  /** A request of an operator that is no GET, with the status that it was answered with. */
  readonly operated: (outcome: Outcome, facts: FailureFacts, seen: Sighting) => void
  /** A request of a service; only the first one in an hour for the same tenant is logged. */
  readonly acted: (facts: FailureFacts, seen: Sighting) => void
}

export interface Outcome {
  readonly status: number
  /** The code of the error; null for a success. */
  readonly code: string | null
}

/**
 * Lines are counted from 0 each minute. A flood of refusals must neither fill the log nor raise the bill, which grows
 * with the size of the log.
 */
const WINDOW_MS = 60_000
/** An instance logs at most this many requests of unknown callers in a window: anybody can send such requests. */
const ANONYMOUS_MAX = 20
/** Limits for all known callers together, and for each of them: a caller in a loop must not hide the others. */
const KNOWN_MAX = 100
const CALLER_MAX = 10
/** A service is logged again after this time. */
const SERVICE_MS = 3_600_000
/** About 200 bytes each. Beyond this number the oldest one is forgotten, and may be logged again. */
const SERVICES_MAX = 10_000

export function createAccessLog(logger: KernelLogger): AccessLog {
  const refusals = new Refusals(logger)
  const services = new Map<string, number>()
  return {
    refused: quietly((error: TrickleError, facts: FailureFacts, seen: Sighting) => {
      if (error.status === 401 || error.status === 403) refusals.write(error, facts, seen)
    }),
    operated: quietly(({ status, code }: Outcome, facts: FailureFacts, seen: Sighting) => {
      const isRead = facts.method === 'GET' || facts.method === 'HEAD'
      // A refused request is logged already. Requests of callers that are no operators do not belong here.
      if (isRead || status === 401 || status === 403 || seen.identity?.roles.has('operator') !== true) return
      const fields = { ...who(seen), ...where(facts), status, ...(code === null ? {} : { code }) }
      if (code === null) logger.info('An operator acted', { event: 'operator.acted', ...fields })
      else logger.warn('An operator could not act', { event: 'operator.failed', ...fields })
    }),
    acted: quietly((facts: FailureFacts, seen: Sighting) => {
      const { identity, namedTenant } = seen
      if (identity?.roles.has('service') !== true) return
      const key = JSON.stringify([identity.issuer, identity.subject, namedTenant])
      const toldAtMs = services.get(key)
      if (toldAtMs !== undefined && Date.now() - toldAtMs < SERVICE_MS) return
      services.delete(key)
      services.set(key, Date.now())
      const oldest = services.keys().next().value
      if (services.size > SERVICES_MAX && oldest !== undefined) services.delete(oldest)
      logger.info('A service acts for a tenant', { event: 'access.service', ...who(seen), ...where(facts) })
    }),
  }
}

/** The refused requests of the running window, and how many of them were left out. */
class Refusals {
  readonly #logger: KernelLogger
  readonly #leftOut = new Map<string, number>()
  readonly #perCaller = new Map<string, number>()
  #anonymous = 0
  #known = 0
  #endsAtMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(logger: KernelLogger) {
    this.#logger = logger
  }

  write(error: TrickleError, facts: FailureFacts, seen: Sighting): void {
    if (Date.now() >= this.#endsAtMs) {
      this.#close()
      this.#open()
    }
    const caller = seen.identity ?? refusedCallerOf(error)
    if (!this.#hasRoom(caller)) {
      this.#leftOut.set(error.code, (this.#leftOut.get(error.code) ?? 0) + 1)
      return
    }
    this.#logger.warn('A request was refused', {
      event: 'access.refused',
      ...who(seen, refusedCallerOf(error)),
      ...where(facts),
      status: error.status,
      code: error.code,
      ...(facts.isMidStream ? { isMidStream: true } : {}),
    })
  }

  #open(): void {
    this.#endsAtMs = Date.now() + WINDOW_MS
    // `unref`: this timer must not keep an instance alive that has nothing else to do.
    this.#timer = setTimeout(
      quietly(() => this.#close()),
      WINDOW_MS,
    ).unref()
  }

  /** One line tells what a window left out, even if no further request comes. */
  #close(): void {
    clearTimeout(this.#timer)
    this.#endsAtMs = 0
    if (this.#leftOut.size > 0) {
      this.#logger.warn('Refused requests were left out of the log', {
        event: 'access.left_out',
        count: [...this.#leftOut.values()].reduce((sum, count) => sum + count, 0),
        codes: Object.fromEntries(this.#leftOut),
        time: new Date().toISOString(),
      })
    }
    this.#leftOut.clear()
    this.#perCaller.clear()
    this.#anonymous = 0
    this.#known = 0
  }

  #hasRoom(caller: { issuer: string | null; subject: string | null } | null): boolean {
    if (caller === null) {
      this.#anonymous += 1
      return this.#anonymous <= ANONYMOUS_MAX
    }
    const key = JSON.stringify([caller.issuer, caller.subject])
    const count = this.#perCaller.get(key) ?? 0
    if (count >= CALLER_MAX || this.#known >= KNOWN_MAX) return false
    this.#known += 1
    this.#perCaller.set(key, count + 1)
    return true
  }
}

/** The names that a token or a request gives. A header that says the same as the tenant claim is not repeated. */
function who({ identity, namedTenant = null }: Sighting, refused: RefusedCaller | null = null): object {
  const known = identity ?? refused ?? { issuer: null, subject: null, application: null }
  const { issuer, subject, application } = known
  const claim = identity?.tenantClaim ?? refused?.tenant ?? null
  const other = claim !== null && namedTenant !== null && namedTenant !== claim ? { namedTenant } : {}
  return { issuer, subject, application, tenant: claim ?? namedTenant, ...other }
}

function where({ route, method, traceId, invocationId }: FailureFacts): object {
  return {
    function: route.name,
    method,
    path: route.path,
    traceId,
    invocationId,
    time: new Date().toISOString(),
  }
}

/** A logger that fails must not leave the client without an answer. */
function quietly<A extends readonly unknown[]>(work: (...given: A) => void): (...given: A) => void {
  return (...given) => {
    try {
      work(...given)
    } catch {
      // There is no other place to report this to.
    }
  }
}
