import type { ErrorCode, ErrorEntry, ErrorMember } from './catalogue.ts'

declare const brand: unique symbol

/** A code of a context. Branded, so that comparing an error's code with a mistyped code of the catalogue does not compile. */
export type ContextErrorCode = string & { readonly [brand]: 'context' }

/** An error of a context: its code, and what a client may rely on for it. */
export interface ErrorKind extends ErrorEntry {
  readonly code: ContextErrorCode
}

/** What an existing error tells about its code: another error with the same code can be made from it. */
export interface ErrorFacts extends ErrorEntry {
  readonly code: AnyErrorCode
}

/** How code names an error: by a code of the catalogue, or by the kind that a context has defined. */
export type AnyError = ErrorCode | ErrorKind

export type AnyErrorCode = ErrorCode | ContextErrorCode

interface ErrorDefinition {
  readonly status: number
  readonly title: string
  /** Whether the same request may succeed later. Default: no. */
  readonly retryable?: boolean
  /** As in ErrorEntry. */
  readonly members?: Readonly<Record<string, ErrorMember>>
}

const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/

/**
 * States the errors of a context, once, beside its code:
 *
 *     export const noteErrors = defineErrors({ NOTE_NOT_FOUND: { status: 404, title: 'There is no such note' } })
 *     throw new TrickleError(noteErrors.NOTE_NOT_FOUND, `There is no note ${id}.`)
 *
 * @throws Error for a code that is not in capitals, or a status that is not from 400 to 599.
 */
export function defineErrors<const Code extends string>(
  definitions: Readonly<Record<Code, ErrorDefinition>>,
): { readonly [Name in Code]: ErrorKind } {
  const kinds = Object.entries<ErrorDefinition>(definitions).map(([code, definition]) => {
    const { status, title, retryable = false, members } = definition
    if (!CODE.test(code)) throw new Error(`The error ${code} must be in capitals, such as NOTE_NOT_FOUND.`)
    if (!Number.isInteger(status) || status < 400 || status > 599)
      throw new Error(`The error ${code} has the status ${status}; an error has one from 400 to 599.`)
    return [code, Object.freeze({ code, status, title, retryable, ...(members && { members }) })]
  })
  return Object.freeze(Object.fromEntries(kinds)) as { readonly [Name in Code]: ErrorKind }
}

/** The code of an error, however it is named. */
export const codeOfError = (error: AnyError | ErrorFacts): AnyErrorCode =>
  typeof error === 'string' ? error : error.code
