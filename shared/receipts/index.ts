/**
 * Receipts: the first answer to a write that carried an idempotency key, kept in one transaction with the write itself.
 * Appends keep theirs inside the database's append function; this is the same table and rule for every other write.
 * Only successes are kept: a request that failed may be sent again with its key.
 */
import { TrickleError } from '../errors/index.ts'
import { codeOf, columns, noColumns, text, UNIQUE_VIOLATION } from '../postgres/index.ts'
import type { Database, RowOf, RunStatement, Statement } from '../postgres/index.ts'

/** Operators belong to no tenant; their receipts are kept under the nil uuid, which no tenant has. */
export const PLATFORM_SCOPE = '00000000-0000-0000-0000-000000000000'

export interface ReceiptKey {
  readonly key: string
  readonly fingerprint: Buffer
}

export interface Received<T> {
  readonly result: T
  /** True when the write had been done before and `result` is what was answered then. */
  readonly replayed: boolean
}

export interface ReceiptOptions<T> {
  /** Tenant id, or PLATFORM_SCOPE. */
  readonly scope: string
  readonly idempotency: ReceiptKey | null
  /** Status that the client is told. */
  readonly status: number
  /** The write. It may run again from its start. Its result is kept as JSON. */
  readonly work: (run: RunStatement) => Promise<T>
}

/**
 * Does a write once for its key. Without a key the write is done as it is, and a lost answer is told as OUTCOME_UNKNOWN.
 * @throws TrickleError IDEMPOTENCY_KEY_REUSED, and whatever the work throws.
 */
export async function withReceipt<T>(database: Database, options: ReceiptOptions<T>): Promise<Received<T>> {
  const { idempotency } = options
  const turn = options.scope
  if (idempotency === null)
    return { result: await database.transaction(options.work, { turn }), replayed: false }
  const attempt = (): Promise<Received<T>> =>
    database.transaction((run) => attemptOnce(run, options, idempotency), {
      turn,
      resolvesAmbiguity: true,
      onError: (error) => (codeOf(error) === UNIQUE_VIOLATION && error instanceof Error ? error : undefined),
    })
  try {
    return await attempt()
  } catch (error) {
    // An append with the same key, which does not take the lock below, committed in between: its receipt is there now.
    if (codeOf(error) !== UNIQUE_VIOLATION) throw error
    return attempt()
  }
}

async function attemptOnce<T>(
  run: RunStatement,
  { scope, status, work }: ReceiptOptions<T>,
  { key, fingerprint }: ReceiptKey,
): Promise<Received<T>> {
  // A second request with the same key waits here and then sees the receipt. Otherwise it would do the work once more,
  // and fail on what the first request has changed.
  await run(lockKey(scope, key))
  const [earlier] = await run(selectReceipt(scope, key))
  if (earlier !== undefined) {
    if (earlier.fingerprint !== fingerprint.toString('hex')) {
      throw keyReused()
    }
    return { result: JSON.parse(earlier.result) as T, replayed: true }
  }
  const result = await work(run)
  await run(insertReceipt(scope, key, fingerprint, status, JSON.stringify(result)))
  return { result, replayed: false }
}

/** A key belongs to one request. */
export const keyReused = (): TrickleError =>
  new TrickleError(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key came with another request before. Use a new key for a new request; keys are kept for at least 24 hours.',
  )

/** "ES" and 2 as bytes. It is another class than that of the appenders' locks, which the feed's horizon looks at. */
const LOCK_CLASS = 1_163_067_394

const lockKey = (scope: string, key: string): Statement => ({
  name: 'lock_receipt',
  text: 'select pg_advisory_xact_lock($1, hashtext($2))',
  columns: noColumns,
  values: [LOCK_CLASS, `${scope} ${key}`],
})

const receiptColumns = columns({ fingerprint: text, result: text, xid: text })

export type Receipt = RowOf<typeof receiptColumns>

/** The fingerprint comes as hexadecimal digits. */
export const selectReceipt = (scope: string, key: string): Statement<Receipt> => ({
  name: 'select_receipt',
  text: `select encode(r.fingerprint, 'hex') as fingerprint, r.result, r.xid
    from trickle_commands_log.receipts r where r.tenant_id = $1 and r.key = $2`,
  columns: receiptColumns,
  values: [scope, key],
})

const insertReceipt = (
  scope: string,
  key: string,
  fingerprint: Buffer,
  status: number,
  result: string,
): Statement => ({
  name: 'insert_receipt',
  text: 'insert into trickle_commands_log.receipts (tenant_id, key, fingerprint, status, result) values ($1, $2, $3, $4, $5)',
  columns: noColumns,
  values: [scope, key, fingerprint, status, result],
})
