import { randomUUID } from 'node:crypto'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { makeEvent } from './payload.ts'

export const APPEND_TENANTS = 64

/** So many that two callers seldom append to the same stream, so few that most appends go to an existing stream. */
export const APPEND_STREAMS = 12_800

/** A prime that shares no factor with APPEND_STREAMS: the walk touches every stream before it comes back to one. */
const STRIDE = 7_919

export interface AppendTarget {
  readonly number: number
  readonly tenant: TenantContext
  readonly streamId: string
}

/** Where the next append goes: spread over all streams, or always to one. */
export function createAppendTargets(tenants: readonly TenantContext[], isHot: boolean): () => AppendTarget {
  let number = 0
  return () => {
    number += 1
    const stream = isHot ? 0 : (number * STRIDE) % APPEND_STREAMS
    const tenant = tenants[stream % tenants.length]
    if (tenant === undefined) throw new RangeError('there are no tenants')
    return { number, tenant, streamId: `order-${stream}` }
  }
}

/**
 * What a caller of a bare INSERT has to do itself: make an id, the JSON texts, and the version. Here the version costs
 * nothing, since nobody else writes. A real caller would have to read or count it.
 */
export function createInsertRows(nextTarget: () => AppendTarget): (batch: number) => unknown[] {
  const versions = new Map<string, number>()
  return (batch) => {
    const { number, tenant, streamId } = nextTarget()
    const before = versions.get(streamId) ?? 0
    versions.set(streamId, before + batch)
    const values: unknown[] = []
    for (let index = 0; index < batch; index += 1) {
      const { type, data, metadata } = makeEvent(number * batch + index)
      const version = before + index + 1
      values.push(
        tenant.tenantId,
        streamId,
        version,
        randomUUID(),
        type,
        JSON.stringify(data),
        JSON.stringify(metadata),
      )
    }
    return values
  }
}

const insertTexts = new Map<number, string>()

/** One statement for each batch size. It has the columns that our append fills from the caller's event. */
export function insertText(batch: number): string {
  const known = insertTexts.get(batch)
  if (known !== undefined) return known
  const rows = Array.from({ length: batch }, (_, index) => {
    const [a, b, c, d, e, f, g] = Array.from({ length: 7 }, (_, column) => `$${index * 7 + column + 1}`)
    return `(${a}, ${b}, ${c}, ${d}, ${e}, clock_timestamp(), clock_timestamp(), ${f}, ${g})`
  })
  const text = `insert into bench_bare.events
    (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data, metadata) values ${rows.join(', ')}`
  insertTexts.set(batch, text)
  return text
}
