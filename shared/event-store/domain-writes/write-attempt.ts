import { randomUUID } from 'node:crypto'
import { TrickleError } from '../../errors/index.ts'
import type { Decision, Row, Statement } from '../../postgres/index.ts'
import { keyReused, selectReceipt } from '../../receipts/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { readAppendAnswer, type AppendAnswer } from '../append/answer.ts'
import { earlierAppend } from '../append/append.ts'
import { resultOf } from '../append/outcome.ts'
import { appendParameters } from '../append/request.ts'
import { findAppend, type AppendParameters } from '../append/statements.ts'
import type { SealKeyring } from '../tokens/seal.ts'
import type { AppendAllRequest, AppendAllResult } from '../types.ts'
import { checkAnnounced } from './check-announced.ts'
import { appendOrFail, changeStatement, lockForWrite } from './statements.ts'
import type { DomainWrite, StateChange } from './types.ts'

/** What the last round trip of an attempt holds, and so may have written. */
interface Sent {
  readonly append: AppendAllRequest
  readonly ids: readonly string[]
  readonly parameters: AppendParameters
  readonly changes: readonly StateChange[]
}

/**
 * What the attempts of one write send, and what they make of the answers. An attempt whose answer was lost may have been
 * committed: the next one looks for its events once it holds the locks, and so after the end of the lost one.
 */
export class WriteAttempt {
  readonly keyring: SealKeyring
  readonly #tenant: TenantContext
  readonly #request: DomainWrite
  #sent: Sent | undefined

  constructor(tenant: TenantContext, request: DomainWrite, keyring: SealKeyring) {
    this.#tenant = tenant
    this.#request = request
    this.keyring = keyring
  }

  /** The locks come first: every later statement sees what their last holder committed. */
  firstTrip(): Statement[] {
    const { idempotency, reads = [] } = this.#request
    return [
      lockForWrite(this.#tenant.tenantId, this.#request),
      ...(idempotency ? [selectReceipt(this.#tenant.tenantId, idempotency.key)] : []),
      ...(this.#sent === undefined ? [] : [findAppend(this.#sent.parameters)]),
      ...reads,
    ]
  }

  /** @throws what the request's `decide` throws, IDEMPOTENCY_KEY_REUSED, and TrickleError as EventStore.append. */
  async decide([, ...rows]: readonly Row[][]): Promise<Decision<AppendAllResult>> {
    const receipt = this.#request.idempotency ? rows.shift()?.[0] : undefined
    const found = this.#sent === undefined ? undefined : rows.shift()?.[0]
    const done = this.#ofReceipt(receipt) ?? this.#ofLostAnswer(found)
    if (done !== null) return { last: [], answer: () => done }
    const sent = await this.#prepare(rows)
    this.#sent = sent
    return {
      last: [
        ...sent.changes.map((change, index) => changeStatement(change, index + 1)),
        appendOrFail(sent.parameters),
      ],
      answer: (answers) => {
        const answer = answers.at(-1)?.[0]?.[0] ?? null
        if (answer === null) throw new TrickleError('INTERNAL', 'The append returned nothing.')
        return this.resultOf(readAppendAnswer(answer))
      },
    }
  }

  /** The result of an append that was written, now or before; the refusal of every other. */
  resultOf(answer: AppendAnswer): AppendAllResult {
    const { append, ids } = this.sent
    return resultOf(this.keyring, this.#tenant, append, ids, answer)
  }

  /** What the latest attempt sent. */
  get sent(): Sent {
    if (this.#sent === undefined) throw new TrickleError('INTERNAL', 'The write has sent nothing yet.')
    return this.#sent
  }

  /** What to throw when a change did not meet its rows. */
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

  async #prepare(rows: readonly Row[][]): Promise<Sent> {
    const { idempotency, trace } = this.#request
    const { changes, streams, conditions } = await this.#request.decide(rows)
    const append: AppendAllRequest = {
      streams,
      ...(conditions === undefined ? {} : { conditions }),
      ...(idempotency === undefined ? {} : { idempotency }),
      ...(trace === undefined ? {} : { trace }),
    }
    const ids = streams.flatMap(({ events }) => events.map((event) => event.id ?? randomUUID()))
    const parameters = await appendParameters(this.#tenant, append, ids)
    checkAnnounced(this.#request, append)
    return { append, ids, parameters, changes }
  }

  #ofReceipt(row: Row | undefined): AppendAllResult | null {
    const { idempotency } = this.#request
    if (row === undefined || !idempotency) return null
    const [fingerprint, result, xid] = row
    if (fingerprint !== idempotency.fingerprint.toString('hex')) throw keyReused()
    return resultOf(this.keyring, this.#tenant, { streams: [] }, [], {
      outcome: 'replayed',
      versions: [],
      at: 0,
      epoch: '',
      timeline: '0',
      xid: xid ?? '0',
      result: result ?? 'null',
    })
  }

  #ofLostAnswer(row: Row | undefined): AppendAllResult | null {
    if (row === undefined || this.#sent === undefined) return null
    return earlierAppend(this.keyring, this.#tenant, this.#sent.parameters, row)
  }
}
