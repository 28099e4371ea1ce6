import { isTrickleError, TrickleError } from '../../errors/index.ts'
import { outcomeUnknown } from '../../postgres/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { assemble, resultOf } from './answer.ts'
import { eventIdExists } from './refusals.ts'
import { newEventId } from './event-id.ts'
import { prepareAppend } from './request.ts'
import type { PreparedAppend } from './request.ts'
import { findAppend } from './statements.ts'
import type { FoundAppend } from './statements.ts'
import type { AppendWriter } from './writer.ts'
import type { SealKeyring } from '../tokens/seal.ts'
import type { SealKeys } from '../tokens/seal-keys.ts'
import type {
  AppendAllRequest,
  AppendAllResult,
  AppendRequest,
  AppendResult,
  WrittenStream,
} from '../types.ts'

/** Another append with the same key or ids may commit between our look-up and our write. The next round finds it. */
const ROUNDS_MAX = 3

/** Refusals that an earlier attempt of the same append may have caused: its own events stand in the way. */
export const MAY_BE_OWN: ReadonlySet<string> = new Set(['conflict', 'name_taken', 'name_not_held'])

/** What an append is made with. */
export interface AppendMeans {
  readonly database: Database
  readonly writer: AppendWriter
  readonly keys: SealKeys
}

/** Appends to one stream: one statement, one transaction, one round trip. Errors: EventStore.append. */
export async function appendToStream(
  means: AppendMeans,
  tenant: TenantContext,
  request: AppendRequest,
): Promise<AppendResult> {
  const { streamId, streamType, expected, events, reservations, releases, ...options } = request
  const stream = { streamId, streamType, expected, events, reservations, releases }
  const result = await appendToStreams(means, tenant, { streams: [stream], ...options })
  const [written] = result.streams
  if (written === undefined) throw new TrickleError('INTERNAL', 'The append wrote to no stream.')
  return {
    ...written,
    replayed: result.replayed,
    replayedByKey: result.replayedByKey,
    get consistencyToken() {
      return result.consistencyToken
    },
  }
}

/**
 * Appends to several streams, all or none.
 *
 * Every event has an id before the first attempt, so a lost answer needs no guess: the same ids are sent again, and
 * either they are written now or the first append is found and its result returned.
 */
export async function appendToStreams(
  { database, writer, keys }: AppendMeans,
  tenant: TenantContext,
  request: AppendAllRequest,
): Promise<AppendAllResult> {
  const ids = request.streams.flatMap(({ events }) => events.map((event) => event.id ?? newEventId()))
  const prepared = await prepareAppend(tenant, request, ids)
  // Fetched before anything is written: without keys, an append that was committed could not be answered.
  const keyring = keys.fresh() ?? (await keys.refreshed())
  const timing = { signal: request.signal, deadlineAtMs: request.deadlineAtMs }
  let attempts = 0
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const outcome = await writer.write(prepared, timing, () => {
      attempts += 1
    })
    if (outcome === 'receipt-exists') continue
    const mayHaveBeenWritten = prepared.mayBeKnown || attempts > 1
    if (outcome === 'event-exists' || (mayHaveBeenWritten && MAY_BE_OWN.has(outcome.outcome))) {
      const earlier = await findEarlier(database, keyring, tenant, prepared).catch(asUnknownOutcome)
      if (earlier !== null) return earlier
    }
    if (outcome !== 'event-exists') return resultOf(keyring, tenant, request, ids, outcome)
  }
  throw new TrickleError(
    'DATABASE_BUSY',
    'Appends with the same ids or key kept coming in between. Try again.',
  )
}

/**
 * If the look-up fails too, it is still unknown whether an earlier attempt wrote the events. So the look-up's own
 * error, which says that nothing was written, must not be the answer.
 */
function asUnknownOutcome(error: unknown): never {
  throw isTrickleError(error) && error.retryable ? outcomeUnknown(error) : error
}

/** The result of the append that wrote these ids before; null when there is none. */
export async function findEarlier(
  database: Database,
  keyring: SealKeyring,
  tenant: TenantContext,
  prepared: PreparedAppend,
): Promise<AppendAllResult | null> {
  const [row] = await database.query(findAppend(prepared), { isRead: true, turn: tenant.tenantId })
  return row === undefined ? null : earlierAppend(keyring, tenant, prepared, row)
}

/**
 * Turns what the look-up of an append's ids found into the append's result; null when none of the ids exists.
 * @throws TrickleError EVENT_ID_EXISTS when they belong to another append.
 */
export function earlierAppend(
  keyring: SealKeyring,
  tenant: TenantContext,
  prepared: PreparedAppend,
  row: FoundAppend,
): AppendAllResult | null {
  if (row.outcome === 'absent') return null
  if (row.outcome === 'exists') throw eventIdExists(row.offending ?? '')
  const streams = prepared.streams.map(({ streamId }) => writtenStream(streamId, row.streamVersions))
  return assemble(keyring, tenant, streams, row, { replayed: true, replayedByKey: false })
}

function writtenStream(
  streamId: string,
  written: readonly (readonly [string, number, string])[],
): WrittenStream {
  const events = written.filter(([of]) => of === streamId).map(([, version, id]) => ({ id, version }))
  return { streamId, firstVersion: events[0]?.version ?? 0, version: events.at(-1)?.version ?? 0, events }
}
