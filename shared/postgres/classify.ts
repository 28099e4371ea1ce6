import { ServerAway } from './circuit-breaker.ts'

/**
 * The one place where driver errors get their meaning. Sources: PostgreSQL's SQLSTATE table, Npgsql's
 * `PostgresException.IsTransient`, the texts of pg-pool 3.14 and PgBouncer 1.18 to 1.25 (which carry no code of their
 * own).
 */
export type FailureClass =
  /** Nothing reached the server: it is safe to try again, also for writes. */
  | 'before-send'
  /** The server has certainly undone the transaction: run all of it again. */
  | 'rolled-back'
  /** The transaction may have been committed: find out by a receipt or by ids, never guess. */
  | 'ambiguous'
  /** The server is short of a resource, such as memory: at most one retry, after a long delay. */
  | 'pressure'
  /** The server is no longer the primary. */
  | 'role-changed'
  /** A retry would fail in the same way. */
  | 'never'

const bySqlstate: Readonly<Record<string, FailureClass>> = {
  '08001': 'before-send',
  '08004': 'before-send',
  '53300': 'before-send', // too many connections
  '57P03': 'before-send', // cannot connect now: starting up or shutting down
  '40001': 'rolled-back', // serialisation failure; on a replica a recovery conflict
  '40P01': 'rolled-back', // deadlock
  '55P03': 'rolled-back', // lock not available
  '25P03': 'rolled-back', // idle in transaction, ended by the server
  '25P04': 'rolled-back', // transaction timeout
  '57P01': 'ambiguous', // terminated by an administrator
  '57P02': 'ambiguous', // crash of another backend
  '57P05': 'ambiguous', // idle session
  '08000': 'ambiguous',
  '08003': 'ambiguous',
  '08006': 'ambiguous',
  '08007': 'ambiguous',
  '40003': 'ambiguous', // completion unknown
  '53000': 'pressure',
  '53200': 'pressure', // out of memory, or of lock table
  '53400': 'pressure',
  '53100': 'never', // disk full does not pass by itself
  '58000': 'pressure',
  '58030': 'pressure',
  '25006': 'role-changed', // read-only: a standby, or a server whose storage is full
}

const bySystemCode: Readonly<Record<string, FailureClass>> = {
  ECONNREFUSED: 'before-send',
  ENOTFOUND: 'before-send',
  EAI_AGAIN: 'before-send',
  EHOSTUNREACH: 'before-send',
  ENETUNREACH: 'before-send',
  ECONNRESET: 'ambiguous',
  EPIPE: 'ambiguous',
  ETIMEDOUT: 'ambiguous',
}

const BY_MESSAGE: readonly (readonly [RegExp, FailureClass])[] = [
  [/timeout exceeded when trying to connect|timeout expired/, 'before-send'],
  [/Connection terminated due to connection timeout/, 'before-send'],
  // The driver gives these errors for a statement that it did not send.
  [/is not queryable|Cannot use a pool after calling end/, 'before-send'],
  [/no more connections allowed|query_wait_timeout|client_login_timeout|server_login_retry/, 'before-send'],
  [/server conn crashed|Connection terminated|Query read timeout/i, 'ambiguous'],
]

interface DriverError {
  readonly code?: unknown
  readonly message?: unknown
  readonly syscall?: unknown
  readonly meaning?: unknown
  /** Where in the statement the server found the fault; absent when it found it later, while it worked. */
  readonly position?: unknown
  /** The same for a statement inside a function of the database. */
  readonly internalPosition?: unknown
  /** The server's own function that raised the error. */
  readonly routine?: unknown
}

/**
 * Marks the error of a lost connection with what its code does not say. 'before-send': the connection was lost while it
 * was made, or during a read. 'rolled-back': it was lost before COMMIT was sent. Every other error stays as it is.
 */
export function clarify(error: unknown, meaning: 'before-send' | 'rolled-back'): unknown {
  return error instanceof Error && classifyFailure(error) === 'ambiguous'
    ? Object.assign(error, { meaning })
    : error
}

/** What the error of a failed statement means. */
export function classifyFailure(error: unknown): FailureClass {
  const failure = classifyKnown(error)
  if (failure !== 'ambiguous') return failure
  const { meaning } = error as DriverError
  return meaning === 'before-send' || meaning === 'rolled-back' ? meaning : failure
}

function classifyKnown(error: unknown): FailureClass {
  if (typeof error !== 'object' || error === null) return 'never'
  if (error instanceof ServerAway) return 'before-send'
  if (isFaultOfName(error)) return 'rolled-back'
  const { code, message, syscall } = error as DriverError
  if (typeof code === 'string') {
    const known =
      bySqlstate[code] ?? (syscall === 'connect' && code === 'ETIMEDOUT' ? 'before-send' : bySystemCode[code])
    if (known !== undefined) return known
  }
  if (typeof message === 'string') {
    const known = BY_MESSAGE.find(([text]) => text.test(message))
    if (known !== undefined) return known[1]
  }
  return 'never'
}

/** The server does not know a prepared statement (26000), or knows it already (42P05). */
const CODES_OF_NAMES: ReadonlySet<string> = new Set(['26000', '42P05'])

/** The server's function that refuses a kept plan: "cached plan must not change result type", in any language. */
const REFUSES_PLAN = 'RevalidateCachedQuery'

/** True when a statement was refused for the name that it is prepared under. It was not run. */
export function isFaultOfName(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== '0A000') return CODES_OF_NAMES.has(code)
  return (error as DriverError).routine === REFUSES_PLAN
}

/** A statement and the database do not fit: every call of it fails in the same way, whatever its values are. */
export interface Misfit {
  /** What is missing: a table, column, function or the like; a right of the login; or sense in the statement itself. */
  readonly lacks: 'object' | 'right' | 'sense'
  /** SQLSTATE. */
  readonly code: string
  /** The server's own words. They name the table, column or function. */
  readonly message: string
}

/** A longer chain of causes is a loop. */
const CAUSES_MAX = 5

/**
 * The misfit that made a statement fail; null for every other error. It is looked for in the causes too, since code
 * often wraps the driver's error.
 */
export function misfitOf(error: unknown): Misfit | null {
  let cause = error
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth += 1) {
    const code = codeOf(cause)
    if (isMisfit(code, cause)) return { lacks: lackOf(code), code, message: cause.message }
    cause = cause.cause
  }
  return null
}

/**
 * A fault that the server finds while it reads a statement has a position in it, and no value has a part in it. The same
 * code without a position comes from a value, such as the name of a text search configuration in an event: one tenant
 * could send it.
 */
function isMisfit(code: string, { position, internalPosition, routine }: DriverError): boolean {
  if (code === '42501') return !RIGHTS_OF_VALUES.has(String(routine))
  if (code === '42P10') return true // no unique index for ON CONFLICT: found after reading, by the planner
  return /^(?:42|3F)...$/.test(code) && (position ?? internalPosition ?? '') !== ''
}

/** A row that a policy refuses, and what a function of the database refuses by `raise`: another value may be allowed. */
const RIGHTS_OF_VALUES: ReadonlySet<string> = new Set(['ExecWithCheckOptions', 'exec_stmt_raise'])

/** Schema, table, column, function, type, and the unique index of ON CONFLICT. */
const OBJECT_MISSING: ReadonlySet<string> = new Set(['3F000', '42P01', '42703', '42883', '42704', '42P10'])

function lackOf(code: string): Misfit['lacks'] {
  if (code === '42501') return 'right'
  return OBJECT_MISSING.has(code) ? 'object' : 'sense'
}

/**
 * True when an attempt to connect failed and no server answered. A server or pooler that is full did answer, and so did
 * one that refused the login.
 */
export function isUnreachable(error: unknown): boolean {
  if (classifyFailure(error) !== 'before-send' || codeOf(error) === '53300') return false
  return !/no more connections allowed|Cannot use a pool after calling end/.test((error as Error).message)
}

/** True when a pooler says of a statement that it can't reach the server. */
export const isUnreachableByPooler = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('server_login_retry')

/** SQLSTATE or system code of an error, '' when it has none. */
export function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as DriverError).code : undefined
  return typeof code === 'string' ? code : ''
}

/** SQLSTATE for a row whose key exists already. */
export const UNIQUE_VIOLATION = '23505'

/** Name of the violated constraint, '' when the error names none. */
export function constraintOf(error: unknown): string {
  const constraint =
    typeof error === 'object' && error !== null ? (error as { constraint?: unknown }).constraint : undefined
  return typeof constraint === 'string' ? constraint : ''
}

/** Schema of the table or type whose rule was violated, '' when the error names none. */
export function schemaOf(error: unknown): string {
  const schema =
    typeof error === 'object' && error !== null ? (error as { schema?: unknown }).schema : undefined
  return typeof schema === 'string' ? schema : ''
}

/** True when the connection can't be trusted after this error: the error is not a plain answer of the server. */
export function breaksConnection(error: unknown): boolean {
  const code = codeOf(error)
  if (/^(57P0[1-5]|08...|25P0[34]|40003)$/.test(code)) return true
  const isServerAnswer = /^[0-9A-Z]{5}$/.test(code) && bySystemCode[code] === undefined
  return !isServerAnswer
}
