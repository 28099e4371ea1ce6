import { TrickleError } from '../../errors/index.ts'
import { codeOf, constraintOf, databaseError, schemaOf, UNIQUE_VIOLATION } from '../../postgres/index.ts'
import type { Database, Statement } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { findEarlier, MAY_BE_OWN } from '../append/append.ts'
import { answerOfText } from '../append/answer.ts'
import { toldWhenAppended } from '../on-appended.ts'
import type { OnAppended } from '../on-appended.ts'
import { refusedByDatabase } from '../refused-by-database.ts'
import { SealKeys } from '../tokens/seal-keys.ts'
import type { AppendAllResult } from '../types.ts'
import { checkLocks } from './check-announced.ts'
import type { DomainWrite } from './types.ts'
import { WriteAttempt } from './write-attempt.ts'

/** Another write with the same key or ids may commit between our look-up and our write. The next round finds it. */
const ROUNDS_MAX = 3

/** An append that ended in anything but "appended"; the answer is the error's detail. */
const NOT_APPENDED = 'TK005'
/** A change that affected another number of rows than it must; the error's detail is the number of the change. */
const OTHER_ROWS = 'TK006'

/**
 * Changes tables of a domain and appends the events of the changes, in one transaction: both or neither.
 *
 * The order is the same everywhere: locks of resources, locks of streams, the first write, the append. What is read
 * stays true until the end, since every other write of these streams and resources waits. A transaction that has
 * written holds the feed of all tenants, so nothing is written before the last round trip, which ends with COMMIT
 * (docs/domain-writes.md).
 */
export class DomainWrites {
  readonly #database: Database
  readonly #keys: SealKeys
  readonly #onAppended: OnAppended

  /** @param onAppended called after each write that was committed, or may have been */
  constructor(
    database: Database,
    keys: SealKeys = new SealKeys(database),
    onAppended: OnAppended = () => undefined,
  ) {
    this.#database = database
    this.#keys = keys
    this.#onAppended = onAppended
  }

  /**
   * Makes two round trips. After a lost answer, the receipt or the events' ids tell what was done, as with an append.
   * @returns the append's result; `replayed` when an earlier write was found, and nothing was changed now.
   * @throws the errors of `decide`, `otherwise` and `refusals`, TrickleError as EventStore.append, and INTERNAL for a
   *   decision with a stream or name that was not announced.
   */
  write<const Reads extends readonly Statement[] = readonly []>(
    tenant: TenantContext,
    request: DomainWrite<Reads>,
  ): Promise<AppendAllResult> {
    return toldWhenAppended(this.#write(tenant, request), this.#onAppended)
  }

  async #write<Reads extends readonly Statement[]>(
    tenant: TenantContext,
    request: DomainWrite<Reads>,
  ): Promise<AppendAllResult> {
    checkLocks(request)
    // Fetched before anything is written: without keys, a write that was committed could not be answered.
    const keyring = this.#keys.fresh() ?? (await this.#keys.refreshed())
    const attempt = new WriteAttempt(tenant, request, keyring)
    for (let round = 1; round <= ROUNDS_MAX; round += 1) {
      const result = await this.#try(tenant, request, attempt)
      if (result !== null) return result
    }
    throw new TrickleError(
      'DATABASE_BUSY',
      'Writes with the same ids or key kept coming in between. Try again.',
    )
  }

  /** Null when another write with the same key or ids was committed meanwhile. The next round finds it. */
  async #try<Reads extends readonly Statement[]>(
    tenant: TenantContext,
    request: DomainWrite<Reads>,
    attempt: WriteAttempt<Reads>,
  ): Promise<AppendAllResult | null> {
    try {
      return await this.#database.inTwoTrips(
        (run) => attempt.first(run),
        (found) => attempt.decide(found),
        {
          turn: tenant.tenantId,
          signal: request.signal,
          deadlineAtMs: request.deadlineAtMs,
          resolvesAmbiguity: true,
          onError: (error) => passedOn(error, request) ?? refusedByDatabase(error),
        },
      )
    } catch (error) {
      return this.#resolve(tenant, request, attempt, error)
    }
  }

  async #resolve<Reads extends readonly Statement[]>(
    tenant: TenantContext,
    request: DomainWrite<Reads>,
    attempt: WriteAttempt<Reads>,
    error: unknown,
  ): Promise<AppendAllResult | null> {
    const code = codeOf(error)
    if (code === OTHER_ROWS) throw attempt.otherRows(Number(detailOf(error)))
    if (code === NOT_APPENDED) {
      const answer = answerOfText(detailOf(error))
      const mayBeOwn = attempt.sent.prepared.mayBeKnown && MAY_BE_OWN.has(answer.outcome)
      return (mayBeOwn ? await this.#earlier(tenant, attempt) : null) ?? attempt.resultOf(answer)
    }
    if (code === UNIQUE_VIOLATION && schemaOf(error) === 'trickle_commands_log') return null
    if (code === UNIQUE_VIOLATION && schemaOf(error) === 'trickle_events_log')
      return this.#earlier(tenant, attempt)
    throw refusalOf(error, request)?.() ?? databaseError(error)
  }

  /** The result of the write that stored these ids before; null when that write was undone meanwhile. */
  #earlier<Reads extends readonly Statement[]>(
    tenant: TenantContext,
    attempt: WriteAttempt<Reads>,
  ): Promise<AppendAllResult | null> {
    return findEarlier(this.#database, attempt.keyring, tenant, attempt.sent.prepared)
  }
}

/** The detail that our own functions gave their error. */
function detailOf(error: unknown): string {
  const { detail } = error as { detail?: unknown }
  return typeof detail === 'string' ? detail : ''
}

const refusalOf = (
  error: unknown,
  { refusals = {} }: Pick<DomainWrite, 'refusals'>,
): (() => Error) | undefined =>
  Object.hasOwn(refusals, constraintOf(error)) ? refusals[constraintOf(error)] : undefined

/** Keeps the driver's error where `#resolve` needs it. */
const passedOn = (error: unknown, request: Pick<DomainWrite, 'refusals'>): Error | undefined =>
  error instanceof Error &&
  ([OTHER_ROWS, NOT_APPENDED, UNIQUE_VIOLATION].includes(codeOf(error)) ||
    refusalOf(error, request) !== undefined)
    ? error
    : undefined
