import { z } from 'zod'
import { TrickleError } from '../../shared/errors/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import { wholeNumber } from '../../shared/http/index.ts'
import { readLimits } from './read-limits.ts'

export const readers = { kind: 'tenant', roles: ['reader', 'writer', 'admin'] } as const

export const consistencyHeader = {
  'consistency-token': z.string().max(200).optional().describe('From an append: the read sees that write.'),
}

/** A filter that may be repeated; an event with any of the values passes. */
export const filterSchema = (description: string) =>
  z
    .array(z.string().min(1).max(eventLimits.identifierCharactersMax))
    .max(eventLimits.feedTypesMax)
    .optional()
    .describe(description)

export const limitSchema = wholeNumber({ min: 1, max: readLimits.lineLimitMax })
  .optional()
  .describe(
    `JSON: events of one page, at most ${eventLimits.pageEventsMax}, ${eventLimits.pageEventsDefault} when absent; fewer come when they are large. ` +
      `NDJSON: events of the whole answer, up to ${eventLimits.pageEventsMax} one page; above or absent as many as one answer holds, which needs a place for exports.`,
  )

export const waitSchema = wholeNumber({ min: 0, max: readLimits.waitSecondsMax }).optional()

/** @throws TrickleError VALIDATION_FAILED when it is more than a page holds. */
export function pageLimit(limit: number | undefined): number {
  if (limit !== undefined && limit > eventLimits.pageEventsMax) {
    throw refusedParameter(
      'limit',
      `must be a whole number from 1 to ${eventLimits.pageEventsMax}; more in one answer come as application/x-ndjson`,
    )
  }
  return limit ?? eventLimits.pageEventsDefault
}

export function refusedParameter(name: string, message: string): TrickleError {
  return new TrickleError('VALIDATION_FAILED', `${name}: ${message}`, {
    errors: [{ pointer: name, message }],
  })
}

type Parameter = string | number | readonly string[] | undefined

/** The query of a link: parameters that are absent are left out, lists are repeated. */
export function queryText(parameters: Readonly<Record<string, Parameter>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue
    if (typeof value === 'object') for (const item of value) query.append(name, item)
    else query.append(name, String(value))
  }
  return query.toString()
}
