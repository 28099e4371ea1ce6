import { randomUUID } from 'node:crypto'
import { isTrickleError, TrickleError } from '../errors/index.ts'
import { codeOf, constraintOf, outcomeUnknown, type Database } from '../postgres/index.ts'
import type { TenantContext } from '../tenancy/index.ts'
import { readAppendAnswer, type AppendAnswer } from './append-answer.ts'
import { versionConflict } from './conflicts.ts'
import { encodeEvents } from './encode-events.ts'
import { append, findAppend, type AppendParameters } from './statements.ts'
import { encodeConsistency } from './tokens.ts'
import type { AppendRequest, AppendResult, Expectation } from './types.ts'

const UNIQUE_VIOLATION = '23505'

/** A twin with the same key or ids may commit between our look and our write; each round reads what it left. */
const ROUNDS_MAX = 3

/**
 * Appends to one stream: one statement, one transaction, one round trip.
 *
 * Every event has an id before the first attempt, so a lost answer needs no guess: the same ids are sent again, and
 * either they are written now or the first append is found and its result returned.
 *
 * @throws TrickleError VERSION_CONFLICT (with currentVersion), EVENT_ID_EXISTS, IDEMPOTENCY_KEY_REUSED,
 *   STREAM_TYPE_MISMATCH, TENANT_UNKNOWN, TENANT_SUSPENDED, VALIDATION_FAILED, EVENT_TOO_LARGE, TOO_MANY_EVENTS,
 *   BODY_TOO_LARGE, DATABASE_ family.
 */
export async function appendToStream(
  database: Database,
  tenant: TenantContext,
  request: AppendRequest,
): Promise<AppendResult> {
  const callerGaveIds = request.events.some((event) => event.id !== undefined)
  const ids = request.events.map((event) => event.id ?? randomUUID())
  const parameters: AppendParameters = {
    tenantId: tenant.tenantId,
    streamIds: [request.streamId],
    streamTypes: [request.streamType ?? null],
    expected: [expectedNumber(request.expected)],
    written: 1,
    eventsJson: encodeEvents(request.events, ids),
    traceParent: request.trace?.traceParent ?? null,
    traceState: request.trace?.traceState ?? null,
    key: request.idempotency?.key ?? null,
    fingerprint: request.idempotency?.fingerprint ?? null,
  }
  const timing = { signal: request.signal, deadlineAtMs: request.deadlineAtMs }
  let attempts = 0
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const outcome = await tryAppend(database, parameters, timing, () => {
      attempts += 1
    })
    if (outcome === 'receipt-exists') continue
    if (outcome === 'event-exists') {
      const earlier = await findEarlier(database, tenant, request, parameters).catch(unlessTold)
      if (earlier !== null) return earlier
      continue
    }
    const mayHaveBeenWritten = callerGaveIds || attempts > 1
    if (outcome.outcome === 'conflict' && mayHaveBeenWritten) {
      const earlier = await findEarlier(database, tenant, request, parameters).catch(unlessTold)
      if (earlier !== null) return earlier
    }
    return readOutcome(tenant, request, ids, outcome)
  }
  throw new TrickleError(
    'DATABASE_BUSY',
    'Appends with the same ids or key kept coming in between. Try again.',
  )
}

async function tryAppend(
  database: Database,
  parameters: AppendParameters,
  timing: { signal: AbortSignal | undefined; deadlineAtMs: number | undefined },
  onAttempt: () => void,
): Promise<AppendAnswer | 'receipt-exists' | 'event-exists'> {
  try {
    const [row] = await database.query(append(parameters), {
      ...timing,
      resolvesAmbiguity: true,
      onAttempt,
      onError: (error) => (codeOf(error) === UNIQUE_VIOLATION && error instanceof Error ? error : undefined),
    })
    const answer = row?.[0] ?? null
    if (answer === null) throw new TrickleError('INTERNAL', 'The append returned nothing.')
    return readAppendAnswer(answer)
  } catch (error) {
    if (codeOf(error) !== UNIQUE_VIOLATION) throw error
    return constraintOf(error).startsWith('receipts') ? 'receipt-exists' : 'event-exists'
  }
}

/** A look-up that fails leaves open whether an earlier attempt has written: its own "nothing was written" would be no answer. */
function unlessTold(error: unknown): never {
  throw isTrickleError(error) && error.retryable ? outcomeUnknown(error) : error
}

/** The result of the append that wrote these ids before; null when nobody did. */
async function findEarlier(
  database: Database,
  tenant: TenantContext,
  request: AppendRequest,
  parameters: AppendParameters,
): Promise<AppendResult | null> {
  const [row] = await database.query(findAppend(tenant.tenantId, [request.streamId], parameters.eventsJson), {
    isRead: true,
  })
  const [outcome, offending, streamVersions, epoch, timeline, xid] = row ?? []
  if (outcome === 'absent' || outcome === undefined) return null
  if (outcome !== 'replayed') {
    throw new TrickleError(
      'EVENT_ID_EXISTS',
      `An event with the id "${offending ?? ''}" exists in this tenant with other content or from another append. Nothing was written.`,
      { extensions: { eventId: offending ?? '' } },
    )
  }
  const written = JSON.parse(streamVersions ?? '[]') as [string, number, string][]
  const events = written.map(([, version, id]) => ({ id, version }))
  return assemble(
    tenant,
    request.streamId,
    events,
    { epoch, timeline, xid },
    { replayed: true, replayedByKey: false },
  )
}

function readOutcome(
  tenant: TenantContext,
  request: AppendRequest,
  ids: readonly string[],
  { outcome, versions, epoch, timeline, xid, result }: AppendAnswer,
): AppendResult {
  const version = versions[0] ?? 0
  switch (outcome) {
    case 'appended': {
      const events = ids.map((id, index) => ({ id, version: version - ids.length + index + 1 }))
      return assemble(
        tenant,
        request.streamId,
        events,
        { epoch, timeline, xid },
        { replayed: false, replayedByKey: false },
      )
    }
    case 'replayed': {
      const receipt = JSON.parse(result) as {
        versions: [number]
        ids: string[]
        epoch: string
        timeline: string
      }
      const last = receipt.versions[0]
      const events = receipt.ids.map((id, index) => ({ id, version: last - receipt.ids.length + index + 1 }))
      const point = { epoch: receipt.epoch, timeline: receipt.timeline, xid }
      return assemble(tenant, request.streamId, events, point, { replayed: true, replayedByKey: true })
    }
    case 'conflict':
      throw versionConflict(request.streamId, request.expected, version)
    case 'key_reused':
      throw new TrickleError(
        'IDEMPOTENCY_KEY_REUSED',
        'This Idempotency-Key came with another request before. Use a new key for a new request; keys are kept for at least 24 hours.',
      )
    case 'type_mismatch':
      throw new TrickleError(
        'STREAM_TYPE_MISMATCH',
        `The stream ${request.streamId} has the type ${result}, which its first append gave it; this append claims "${request.streamType ?? ''}".`,
      )
    case 'tenant_suspended':
      throw new TrickleError(
        'TENANT_SUSPENDED',
        `The tenant ${tenant.slug} is suspended. An operator can resume it.`,
      )
    case 'tenant_unknown':
      throw new TrickleError('TENANT_UNKNOWN', 'The tenant does not exist any more.')
    default:
      throw new TrickleError('INTERNAL', 'The append ended in a way that this version does not know.')
  }
}

interface WrittenAt {
  readonly epoch: string | null | undefined
  readonly timeline: string | null | undefined
  readonly xid: string | null | undefined
}

function assemble(
  tenant: TenantContext,
  streamId: string,
  events: AppendResult['events'],
  { epoch, timeline, xid }: WrittenAt,
  replay: Pick<AppendResult, 'replayed' | 'replayedByKey'>,
): AppendResult {
  const version = events.at(-1)?.version ?? 0
  const consistencyToken = encodeConsistency(tenant.tenantId, {
    epoch: epoch ?? '',
    xid: BigInt(xid ?? '0'),
    version: BigInt(version),
    timeline: Number.parseInt(timeline ?? '0', 16),
  })
  return { streamId, firstVersion: events[0]?.version ?? 0, version, events, ...replay, consistencyToken }
}

function expectedNumber(expected: Expectation): number {
  switch (expected.mode) {
    case 'any':
      return -1
    case 'exists':
      return -2
    case 'none':
      return 0
    case 'version':
      return expected.version
  }
}
