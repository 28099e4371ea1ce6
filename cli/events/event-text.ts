import { z } from 'zod'
import { parseExactJson } from '../../shared/json/index.ts'
import { CommandFailure, renderTable } from '../frame/index.ts'
import { CONNECTION_LOST } from '../retry.ts'

/** An event as reads give it. Members that are not named here stay in it. */
const storedEventSchema = z.looseObject({
  id: z.string(),
  streamId: z.string(),
  version: z.int(),
  type: z.string(),
  recordedAt: z.string(),
  data: z.unknown(),
})

export type StoredEvent = z.output<typeof storedEventSchema>

/**
 * Reads a page of events. Numbers keep their digits, also those that no double can hold.
 * @throws CommandFailure CONNECTION_LOST
 */
export async function readEvents<Next>(
  response: Response,
  next: z.ZodType<Next>,
): Promise<{ events: StoredEvent[]; next: Next }> {
  const page = z.object({ events: z.array(storedEventSchema), next })
  return page.parse(parseExactJson(await textOf(response)))
}

async function textOf(response: Response): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw new CommandFailure(CONNECTION_LOST, 'The connection broke in the middle of an answer.', {
      cause: error,
    })
  }
}

/** The events of one stream, one line each. */
export const eventsTable = (events: readonly StoredEvent[]): string =>
  renderTable(
    ['version', 'recorded at', 'type', 'id', 'data'],
    events.map(({ version, recordedAt, type, id, data }) => [
      version,
      recordedAt,
      type,
      id,
      JSON.stringify(data),
    ]),
  )

/** Longer data is cut, so that an event stays within a few lines of a terminal. --json has all of it. */
const SHOWN_CHARACTERS = 200

/** One event of any stream, as a line. */
export function eventLine({ recordedAt, streamId, version, type, data }: StoredEvent): string {
  const text = JSON.stringify(data)
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 1)}…` : text
  return `${recordedAt}  ${streamId} ${version}  ${type}  ${shown}`
}
