import { z } from 'zod'
import { TrickleError } from '../errors/index.ts'

/** What a write demands of the version it finds: anything, no stream, some stream, or exactly this version. */
export type Precondition =
  | { readonly mode: 'any' }
  | { readonly mode: 'none' }
  | { readonly mode: 'exists' }
  | { readonly mode: 'version'; readonly version: number }

/** A strong entity tag that holds a version: RFC 9110 §8.8.3, digits without leading zeros. */
const VERSION_TAG = /^"(0|[1-9]\d{0,15})"$/

/**
 * The headers of a precondition, for the `headers` schema of a route. Without examples: the reference page would fill them
 * in, both at once, and the first request that a reader tries would fail.
 */
export const preconditionHeaders = {
  'if-match': z
    .string()
    .optional()
    .describe('`"5"`: only at exactly this version; `*`: only where it exists.'),
  'if-none-match': z.string().optional().describe('`*`: only where it does not exist yet.'),
}

/** The strong ETag of a version. */
export function versionTag(version: number): string {
  return `"${version}"`
}

/** The header of a conditional read, for the `headers` schema of a route. */
export const conditionalReadHeaders = {
  'if-none-match': z
    .string()
    .max(1_000)
    .optional()
    .describe('An ETag of this URL, such as `"5"`: 304 where nothing has changed since.'),
}

/** True where If-None-Match of a read names this tag; weakly compared, as RFC 9110 §13.1.2 wants it. */
export function isKnownTag(ifNoneMatch: string | undefined, tag: string): boolean {
  const known = ifNoneMatch?.split(',').map((one) => one.trim().replace(/^W\//, '')) ?? []
  return known.includes(tag) || known.includes('*')
}

/**
 * Reads If-Match and If-None-Match of a write: `If-None-Match: *` = none, `If-Match: *` = exists, `If-Match: "5"` =
 * exactly 5, where 0 is the version of what does not exist yet; neither = any.
 * @throws TrickleError INVALID_CONDITION
 */
export function parsePrecondition(headers: {
  readonly 'if-match'?: string | undefined
  readonly 'if-none-match'?: string | undefined
}): Precondition {
  const ifMatch = headers['if-match']?.trim()
  const ifNoneMatch = headers['if-none-match']?.trim()
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    throw refuse('If-Match and If-None-Match cannot be sent together.')
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch === '*') return { mode: 'none' }
    throw refuse('If-None-Match of a write can only be *.')
  }
  if (ifMatch === undefined) return { mode: 'any' }
  if (ifMatch === '*') return { mode: 'exists' }
  if (ifMatch.startsWith('W/')) throw refuse('If-Match compares strongly, so a weak tag never matches.')
  const version = Number(VERSION_TAG.exec(ifMatch)?.[1])
  if (!Number.isSafeInteger(version)) {
    throw refuse('If-Match must hold one version as a whole number up to 2^53-1 in double quotes.')
  }
  return version === 0 ? { mode: 'none' } : { mode: 'version', version }
}

function refuse(what: string): TrickleError {
  return new TrickleError(
    'INVALID_CONDITION',
    `${what} Allowed are If-None-Match: * (must not exist), If-Match: * (must exist) and If-Match: "5" (must be at version 5).`,
  )
}
