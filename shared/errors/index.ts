/**
 * The one family of errors. Every capability throws TrickleError with a code of the catalogue, a context also with kinds
 * of its own; foreign errors (driver, SDK) are classified once, where they enter. Nothing here knows of HTTP beyond the status a code comes with.
 */
export { errorCatalogue, type ErrorCode, type ErrorEntry, type ErrorMember } from './catalogue.ts'
export {
  codeOfError,
  defineErrors,
  type AnyError,
  type AnyErrorCode,
  type ContextErrorCode,
  type ErrorKind,
} from './define-errors.ts'
export {
  TrickleError,
  isTrickleError,
  asTrickleError,
  type FieldProblem,
  type TrickleErrorOptions,
} from './trickle-error.ts'
