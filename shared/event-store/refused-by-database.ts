import { TrickleError } from '../errors/index.ts'
import { codeOf, constraintOf, schemaOf } from '../postgres/index.ts'

/**
 * Why the server can't store a value, by SQLSTATE. Requests are checked by their schemas before they come here, so only
 * a caller without a schema gets these. Other codes of class 22 would be faults of our own SQL and are reported as
 * such.
 */
const reasons: Readonly<Record<string, string>> = {
  '22001': 'a text is too long',
  '22003': 'a number is out of range',
  '22007': 'a time has a form that it does not know',
  '22008': 'a time is out of range',
  '22021': 'a text is no valid UTF-8, or holds U+0000',
  '22P02': 'a value has a form that its type does not know',
  '22P05': 'a text holds U+0000, or half of a UTF-16 pair',
  '54000': 'a value is larger than its limits',
}

const CHECK_VIOLATION = '23514'

/**
 * Classes of SQLSTATE with which the server refuses the data that it was given, and would refuse it again: data that a
 * type can't hold (22), a constraint (23), a limit of the server such as the size of an index entry (54).
 */
const REFUSED_CLASSES = ['22', '23', '54']

/** True when the server refuses the data that it was given, for any reason. */
export const isRefusedByDatabase = (error: unknown): error is Error =>
  error instanceof Error && codeOf(error).length === 5 && REFUSED_CLASSES.includes(codeOf(error).slice(0, 2))

/** The refusal of an append by its content; undefined for every other error. Nothing was written. */
export function refusedByDatabase(error: unknown): TrickleError | undefined {
  const code = codeOf(error)
  // A check in another schema belongs to a domain that writes its tables together with its events.
  const isOfLog = code === CHECK_VIOLATION && schemaOf(error) === 'trickle_events_log'
  if (!(error instanceof Error) || !(isOfLog || reasons[code] !== undefined)) return undefined
  return new TrickleError(
    'VALIDATION_FAILED',
    `${refusalText('append', error)} Ids, types and sources have 255 characters at most, times lie in the years 0001 to 9999 in UTC. Nothing was written.`,
    { cause: error },
  )
}

/** Enough for any text of the server but one that repeats a long value. */
const REASON_CHARACTERS_MAX = 300

/** The text for callers. */
export function refusalText(what: 'append' | 'event', error: Error): string {
  const code = codeOf(error)
  const constraint = constraintOf(error)
  const reason =
    constraint === ''
      ? (reasons[code] ?? error.message.slice(0, REASON_CHARACTERS_MAX))
      : `constraint ${constraint}`
  return `The database refuses this ${what}: ${reason} (SQLSTATE ${code}).`
}
