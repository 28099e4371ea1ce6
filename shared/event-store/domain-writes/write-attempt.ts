import { TrickleError } from '../../errors/index.ts'
import type { Decision, RunStatement, Statement } from '../../postgres/index.ts'
import { keyReused, selectReceipt } from '../../receipts/index.ts'
import type { Receipt } from '../../receipts/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { replayOf, resultOf } from '../append/answer.ts'
import type { AppendAnswer } from '../append/answer.ts'
import { earlierAppend } from '../append/append.ts'
import { newEventId } from '../append/event-id.ts'
import { prepareAppend } from '../append/request.ts'
import type { PreparedAppend } from '../append/request.ts'
import { findAppend } from '../append/statements.ts'
import type { FoundAppend } from '../append/statements.ts'
import type { SealKeyring } from '../tokens/seal.ts'
import type { AppendAllRequest, AppendAllResult } from '../types.ts'
import { checkAnnounced } from './check-announced.ts'
import { appendAndChange, changeStatement, lockForWrite } from './statements.ts'
import type { DomainWrite, RowsOf, StateChange } from './types.ts'

/** What the last round trip of an attempt sent, and so may have written. */
interface Sent {
  readonly append: AppendAllRequest
  readonly ids: readonly string[]
  readonly prepared: PreparedAppend
  readonly changes: readonly StateChange[]
}

/**
 * The attempts of one write: what they send, and how they use the answers. An attempt whose answer was lost may have
 * been committed. The next attempt looks for its events after it has got the locks: by then the lost attempt has ended.
 */
export class WriteAttempt<Reads extends readonly Statement[]> {
  readonly keyring: SealKeyring
  readonly #tenant: TenantContext
  readonly #request: DomainWrite<Reads>
  #sent: Sent | undefined

  constructor(tenant: TenantContext, request: DomainWrite<Reads>, keyring: SealKeyring) {
    this.#tenant = tenant
    this.#request = request
    this.keyring = keyring
  }

  /** The locks come first: every later statement sees what their last holder committed. */
  first(run: RunStatement) {
    const { idempotency, reads } = this.#request
    const { tenantId } = this.#tenant
    return [
      run(lockForWrite(tenantId, this.#request)),
      idempotency ? run(selectReceipt(tenantId, idempotency.key)) : nothing,
      this.#sent === undefined ? nothing : run(findAppend(this.#sent.prepared)),
      Promise.all((reads ?? []).map((read) => run(read))),
    ] as const
  }

  /** @throws what the request's `decide` throws, IDEMPOTENCY_KEY_REUSED, and TrickleError as EventStore.append. */
  async decide([, [receipt], [found], rows]: readonly [
    unknown,
    readonly Receipt[],
    readonly FoundAppend[],
    readonly unknown[][],
  ]): Promise<Decision<AppendAllResult>> {
    const done = this.#ofReceipt(receipt) ?? this.#ofLostAnswer(found)
    if (done !== null) return { answer: done }
    // These are the rows of the statements of `reads`, in their order.
    const sent = await this.#prepare(rows as RowsOf<Reads>)
    // All statements are made before any is sent. Otherwise a change that is not allowed would throw after earlier
    // changes were sent.
    const changes = sent.changes.slice(0, -1).map((change, index) => changeStatement(change, index + 1))
    const last = appendAndChange(sent.prepared, sent.changes.at(-1), sent.changes.length)
    this.#sent = sent
    return {
      send: (run, runAndCommit) => [
        ...changes.map((statement) => run(statement)),
        runAndCommit(last).then(([row]) => {
          if (row === undefined) throw new TrickleError('INTERNAL', 'The append returned nothing.')
          return this.resultOf(row.answer)
        }),
      ],
    }
  }

  /** The result of an append that was written, now or before. @throws the refusal for every other outcome. */
  resultOf(answer: AppendAnswer): AppendAllResult {
    const { append, ids } = this.sent
    return resultOf(this.keyring, this.#tenant, append, ids, answer)
  }

  /** What the latest attempt sent. */
  get sent(): Sent {
    if (this.#sent === undefined) throw new TrickleError('INTERNAL', 'The write has sent nothing yet.')
    return this.#sent
  }

  /** The error for a change that affected another number of rows than it must. */
  otherRows(nth: number): Error {
    const { otherwise, statement } = this.sent.changes[nth - 1] ?? {}
    return (
      otherwise?.() ??
      new TrickleError(
        'INTERNAL',
        `The change "${statement?.name ?? nth}" met another number of rows. Nothing was written.`,
      )
    )
  }

  async #prepare(rows: RowsOf<Reads>): Promise<Sent> {
    const { idempotency, trace } = this.#request
    const { changes, streams, conditions } = await this.#request.decide(rows)
    const append: AppendAllRequest = {
      streams,
      ...(conditions === undefined ? {} : { conditions }),
      ...(idempotency === undefined ? {} : { idempotency }),
      ...(trace === undefined ? {} : { trace }),
    }
    const ids = streams.flatMap(({ events }) => events.map((event) => event.id ?? newEventId()))
    const prepared = await prepareAppend(this.#tenant, append, ids)
    checkAnnounced(this.#request, append)
    return { append, ids, prepared, changes }
  }

  #ofReceipt(receipt: Receipt | undefined): AppendAllResult | null {
    const { idempotency } = this.#request
    if (receipt === undefined || !idempotency) return null
    if (receipt.fingerprint !== idempotency.fingerprint.toString('hex')) throw keyReused()
    return replayOf(this.keyring, this.#tenant, receipt)
  }

  #ofLostAnswer(found: FoundAppend | undefined): AppendAllResult | null {
    if (found === undefined || this.#sent === undefined) return null
    return earlierAppend(this.keyring, this.#tenant, this.#sent.prepared, found)
  }
}

/** The rows of a statement that is not sent. */
const nothing: Promise<readonly never[]> = Promise.resolve([])
