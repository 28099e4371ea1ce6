import type { TrickleError } from '../errors/index.ts'
import type { RouteFacts } from './route-types.ts'

/** Where the kernel writes. No method may throw; what it throws is lost. */
export interface KernelLogger {
  readonly info: (message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly error: (message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

export interface FailureFacts {
  readonly route: RouteFacts
  readonly method: string
  readonly traceId: string
  readonly invocationId: string
  readonly durationMs: number
  /** True if the first byte was sent already, so that the status could not show the failure. */
  readonly isMidStream: boolean
}

/** A chain of causes longer than this is a loop or tells nothing new. */
const CAUSES_MAX = 5
const MESSAGE_CHARACTERS_MAX = 500
const STACK_LINES_MAX = 6

/**
 * Writes the one line of a request that failed on our side (status 500 and above). It names the route by its template,
 * since ids in paths are tenants' data, and the causes by name, code, redacted message and stack; never headers or body.
 */
export function logFailure(logger: KernelLogger, error: TrickleError, facts: FailureFacts): void {
  if (error.status < 500) return
  try {
    const fields = {
      function: facts.route.name,
      method: facts.method,
      path: facts.route.path,
      status: error.status,
      code: error.code,
      detail: redact(error.detail),
      traceId: facts.traceId,
      invocationId: facts.invocationId,
      durationMs: facts.durationMs,
      isMidStream: facts.isMidStream,
      causes: describeCauses(error),
    }
    // An error that a retry can solve has its cause outside of this code and may come in large numbers. Any other error
    // is a defect that somebody must see.
    if (error.retryable) logger.warn('A request failed for now', fields)
    else logger.error('A request failed', fields)
  } catch {
    // A logger that fails, or an error that cannot be described, must not leave the client without an answer.
  }
}

interface DescribedCause {
  readonly name: string
  readonly code?: string
  readonly message: string
  readonly stack?: readonly string[]
}

function describeCauses(error: TrickleError): DescribedCause[] {
  const causes: DescribedCause[] = []
  let current: unknown = error.cause
  while (current !== undefined && current !== null && causes.length < CAUSES_MAX) {
    causes.push(describeCause(current))
    current = current instanceof Error ? current.cause : undefined
  }
  return causes
}

function describeCause(cause: unknown): DescribedCause {
  if (!(cause instanceof Error))
    return { name: typeof cause, message: 'Something was thrown that is no Error' }
  const code = 'code' in cause && typeof cause.code === 'string' ? { code: cause.code } : {}
  const stack = (cause.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, STACK_LINES_MAX)
    .map((line) => line.trim())
  // JSON.parse quotes the text that it could not read.
  const message = cause instanceof SyntaxError ? 'A text could not be parsed' : redact(cause.message)
  return { name: cause.name, ...code, message, stack }
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g, '[token]'],
  [/\b(Bearer|Basic)\s+\S+/gi, '$1 [redacted]'],
  [/([a-z][a-z0-9+.-]*:\/\/[^:/?#\s@]*):[^@\s/]*@/gi, '$1:[redacted]@'],
  [
    /\b(password|passwd|pwd|secret|token|sig|accountkey|sharedaccesskey)(["']?\s*[=:]\s*)[^\s;&,]+/gi,
    '$1$2[redacted]',
  ],
]

/** Replaces what looks like a token or a password in a text, and shortens the text. */
export function redact(text: string): string {
  let result = text.slice(0, MESSAGE_CHARACTERS_MAX)
  for (const [pattern, replacement] of SECRETS) result = result.replace(pattern, replacement)
  return result
}
