import { isTrickleError, TrickleError } from '../errors/index.ts'
import { ServerAway } from './circuit-breaker.ts'
import { classifyFailure, codeOf } from './classify.ts'
import type { FailureClass } from './classify.ts'

const messageByClass: Readonly<
  Record<
    Exclude<FailureClass, 'never'>,
    {
      code: 'DATABASE_UNAVAILABLE' | 'DATABASE_BUSY' | 'DATABASE_READ_ONLY' | 'OUTCOME_UNKNOWN'
      detail: string
    }
  >
> = {
  'before-send': {
    code: 'DATABASE_UNAVAILABLE',
    detail: 'No connection to the database could be had. Nothing was written; try again.',
  },
  'rolled-back': {
    code: 'DATABASE_BUSY',
    detail: 'The database undid the transaction, repeatedly. Nothing was written; try again.',
  },
  ambiguous: {
    code: 'OUTCOME_UNKNOWN',
    detail:
      'The connection to the database was lost while it worked. Send the same request with the same event ids or Idempotency-Key again: it will be done once.',
  },
  pressure: {
    code: 'DATABASE_BUSY',
    detail: 'The database is short of memory, locks or connections. Nothing was written; try again later.',
  },
  'role-changed': {
    code: 'DATABASE_READ_ONLY',
    detail:
      'The database takes no writes: it was replaced by its standby, or its storage is full. Nothing was written; try again.',
  },
}

/** Something may have been written, and the later error does not tell whether it was. */
export const outcomeUnknown = (cause: unknown): TrickleError =>
  new TrickleError('OUTCOME_UNKNOWN', messageByClass.ambiguous.detail, {
    cause,
    headers: { 'Retry-After': '1' },
  })

/**
 * Turns a driver's error into a TrickleError with the driver's error as its cause. An unknown error becomes INTERNAL.
 */
export function databaseError(error: unknown): TrickleError {
  if (isTrickleError(error)) return error
  if (error instanceof ServerAway) return serverAway(error)
  const failure = classifyFailure(error)
  if (codeOf(error) === '57014') {
    return new TrickleError(
      'DEADLINE_EXCEEDED',
      'The database ended the statement at its time limit. Nothing was written.',
      { cause: error },
    )
  }
  if (codeOf(error) === 'TK001') {
    return new TrickleError(
      'TENANT_CONTEXT_REFUSED',
      'A statement named another tenant than its transaction.',
      { cause: error },
    )
  }
  if (failure === 'never') {
    return new TrickleError(
      'INTERNAL',
      'The database refused a statement. The trace id leads to its log entry.',
      { cause: error },
    )
  }
  const { code, detail } = messageByClass[failure]
  return new TrickleError(code, detail, { cause: error, headers: { 'Retry-After': '1' } })
}

function serverAway(error: ServerAway): TrickleError {
  const seconds = Math.ceil(error.nextProbeMs / 1_000)
  return new TrickleError(
    'DATABASE_UNAVAILABLE',
    `The database could not be reached several times in a row, so nothing is sent to it until it is asked again, in ${seconds} s at the latest. Nothing was written; try again then.`,
    { cause: error, headers: { 'Retry-After': String(seconds) } },
  )
}
