import { randomUUID } from 'node:crypto'
import type { AppendAllRequest, StreamWrite, WrittenStream } from '../../shared/event-store/index.ts'
import { TrickleError } from '../../shared/errors/index.ts'
import { codeOf, compositeFields, type Database } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'

const UNIQUE_VIOLATION = '23505'

/**
 * An append to several streams by the SQL function, with the answers of the event store. It stands in until
 * `EventStore.appendAll` is there, whose shape it has: its one caller (send.ts) then calls that.
 * @throws TrickleError VERSION_CONFLICT, OUTCOME_UNKNOWN, DATABASE_ family.
 */
export async function appendSeveral(
  database: Database,
  tenant: TenantContext,
  request: AppendAllRequest,
): Promise<{ streams: WrittenStream[]; replayed: boolean }> {
  const { streams, conditions = [], idempotency } = request
  const events = streams.flatMap(({ events }, index) =>
    events.map((event) => ({ ...event, s: index + 1, id: event.id ?? randomUUID() })),
  )
  const names = [...streams, ...conditions].map(({ streamId }) => streamId)
  const expected = [...streams, ...conditions].map(({ expected }) =>
    expected.mode === 'version' ? expected.version : { any: -1, exists: -2, none: 0 }[expected.mode],
  )
  const [row] = await database
    .query(
      {
        name: 'soak_append_several',
        text: 'select trickle_events_log.append($1, $2, null, $3, $4, $5, null, null, $6, $7)',
        values: [
          tenant.tenantId,
          names,
          expected,
          streams.length,
          JSON.stringify(events),
          idempotency?.key ?? null,
          idempotency?.fingerprint ?? null,
        ],
      },
      {
        resolvesAmbiguity: true,
        onError: (error) =>
          codeOf(error) === UNIQUE_VIOLATION && error instanceof Error ? error : undefined,
      },
    )
    .catch((error: unknown) => {
      if (codeOf(error) === UNIQUE_VIOLATION) return [['exists']]
      throw error
    })
  const answer = row?.[0] ?? ''
  if (answer === 'exists') return findEarlier(database, tenant, streams, events, 'an id exists')
  const [outcome, versions, , , , , result] = compositeFields(answer)
  if (outcome === 'appended') {
    const last = (versions ?? '{}').slice(1, -1).split(',').map(Number)
    return {
      streams: streams.map((stream, index) => written(stream, last[index] ?? 0, events, index)),
      replayed: false,
    }
  }
  if (outcome === 'replayed') {
    const receipt = JSON.parse(result ?? '{}') as { versions: number[]; ids: string[] }
    const ids = receipt.ids.map((id, index) => ({ s: events[index]?.s ?? 0, id }))
    return {
      streams: streams.map((stream, index) => written(stream, receipt.versions[index] ?? 0, ids, index)),
      replayed: true,
    }
  }
  if (outcome !== 'conflict')
    throw new TrickleError('INTERNAL', `The append answered ${outcome ?? 'nothing'}.`)
  return findEarlier(database, tenant, streams, events, 'a version is another')
}

function written(
  { streamId, events }: StreamWrite,
  version: number,
  all: readonly { readonly s: number; readonly id: string }[],
  index: number,
): WrittenStream {
  const firstVersion = version - events.length + 1
  const own = all.filter(({ s }) => s === index + 1)
  return {
    streamId,
    firstVersion,
    version,
    events: own.map(({ id }, offset) => ({ id, version: firstVersion + offset })),
  }
}

/** The append that wrote these ids before. @throws TrickleError VERSION_CONFLICT when nobody did. */
async function findEarlier(
  database: Database,
  tenant: TenantContext,
  streams: readonly StreamWrite[],
  events: readonly { readonly s: number; readonly id: string }[],
  why: string,
): Promise<{ streams: WrittenStream[]; replayed: boolean }> {
  const [row] = await database.query(
    {
      name: 'soak_find_append',
      text: 'select f.outcome, f.stream_versions from trickle_events_log.find_append($1, $2, $3) f',
      values: [tenant.tenantId, streams.map(({ streamId }) => streamId), JSON.stringify(events)],
    },
    { isRead: true },
  )
  if (row?.[0] === 'absent') throw new TrickleError('VERSION_CONFLICT', `Nothing was written: ${why}.`)
  if (row?.[0] !== 'replayed') throw new TrickleError('EVENT_ID_EXISTS', 'The ids exist from another append.')
  const found = JSON.parse(row[1] ?? '[]') as [string, number, string][]
  const replayed = streams.map(({ streamId }): WrittenStream => {
    const own = found.filter(([stream]) => stream === streamId).map(([, version, id]) => ({ id, version }))
    return { streamId, firstVersion: own[0]?.version ?? 0, version: own.at(-1)?.version ?? 0, events: own }
  })
  return { streams: replayed, replayed: true }
}
