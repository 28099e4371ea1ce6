import { TrickleError } from '../errors/index.ts'
import { eventLimits } from './limits.ts'
import type { NewEvent } from './types.ts'

/** URL parsers take `.` and `..` as steps of the path, so a stream with such an id could not be read by its url. */
export const isStreamId = (value: string): boolean =>
  /^[A-Za-z0-9._:~-]{1,255}$/.test(value) && value !== '.' && value !== '..'

/** @throws TrickleError INVALID_STREAM_ID. */
export function checkStreamId(streamId: string): void {
  if (isStreamId(streamId)) return
  throw new TrickleError(
    'INVALID_STREAM_ID',
    'A stream id has 1 to 255 of A-Z, a-z, 0-9 and . _ : ~ - and is not "." or "..". Nothing was written.',
  )
}

/** The names of an event that the log bounds by their length. */
const NAMES = ['source', 'type', 'correlationId', 'causationId'] as const

/** @throws TrickleError VALIDATION_FAILED for a name that is longer than an index can hold. */
export function checkNames(event: NewEvent, id: string, pointer: string): void {
  checkLength(id, `${pointer}/id`)
  for (const name of NAMES) checkLength(event[name], `${pointer}/${name}`)
}

/** @throws TrickleError VALIDATION_FAILED. */
export function checkLength(value: string | undefined, pointer: string): void {
  // Counted in code points, as PostgreSQL counts characters, and only when there may be few enough of them.
  const max = eventLimits.identifierCharactersMax
  if (value === undefined || value.length <= max) return
  if (value.length <= 2 * max && Array.from(value).length <= max) return
  const message = `may have ${max} characters at most`
  throw new TrickleError('VALIDATION_FAILED', `${pointer} ${message}`, { errors: [{ pointer, message }] })
}
