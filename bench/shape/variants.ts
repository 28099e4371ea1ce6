import type { ScratchForm } from '../stage/index.ts'

export const partNames = ['partitions', 'indexes', 'heads'] as const
export type PartName = (typeof partNames)[number]

/** A form that the log could have. */
export interface Variant extends ScratchForm {
  readonly name: string
  /** What an append may cost the server's CPU in it, over the chosen form. */
  readonly costMax?: number
}

/** Number of hash partitions that the migrations make. */
const CHOSEN_PARTITIONS = 16

/** An index that nobody needs yet is made only if it costs an append no more than this; else by a switch. */
const INDEX_COST_MAX = 1.05

/** What everything else is compared with: the form that the migrations give. */
export const chosen: Variant = { name: 'as migrated' }

/**
 * The same migrations with another number of hash partitions.
 * @throws Error when the texts that are changed are not there any more: the comparison would be one of equals.
 */
export function withPartitions(count: number): ScratchForm {
  return {
    edit(sql, migration) {
      if (!/partition by hash/.test(sql)) return sql
      const loop = `0 .. ${CHOSEN_PARTITIONS - 1} loop`
      const modulus = `modulus ${CHOSEN_PARTITIONS},`
      if (!sql.includes(loop) || !sql.includes(modulus)) {
        throw new Error(`${migration} makes its hash partitions in a way that this benchmark does not know`)
      }
      return sql.replaceAll(loop, `0 .. ${count - 1} loop`).replaceAll(modulus, `modulus ${count},`)
    },
  }
}

/** The heads in hash partitions too, as the events are. @throws Error as `withPartitions` */
export function withPartitionedHeads(): ScratchForm {
  const parameters = 'with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05)'
  const head = `  constraint streams_pkey primary key (tenant_id, stream_id)\n) ${parameters};`
  const loop = `('trickle_events_log', 'events', 'with (`
  return {
    edit(sql, migration) {
      if (!sql.includes('create table trickle_events_log.streams (')) return sql
      if (!sql.includes(head) || !sql.includes(loop)) {
        throw new Error(`${migration} makes the heads of streams in a way that this benchmark does not know`)
      }
      return sql
        .replace(head, head.replace(parameters, 'partition by hash (tenant_id)'))
        .replace(loop, `('trickle_events_log', 'streams', '${parameters}'),\n      ${loop}`)
    },
  }
}

const changeHeads = (change: string): string => `alter table trickle_events_log.streams ${change}`

/** What each part compares with the chosen form. */
export const variants: Readonly<Record<PartName, readonly Variant[]>> = {
  partitions: [1, 8, 64].map((count) => ({
    name: count === 1 ? '1 partition' : `${count} partitions`,
    ...withPartitions(count),
  })),
  indexes: [
    {
      name: 'with BRIN on recorded_at',
      afterSql: 'create index on trickle_events_log.events using brin (recorded_at)',
      costMax: INDEX_COST_MAX,
    },
    {
      name: 'with (tenant_id, type, xid, position)',
      afterSql: 'create index on trickle_events_log.events (tenant_id, type, xid, position)',
      costMax: INDEX_COST_MAX,
    },
    {
      name: 'with GIN (data jsonb_path_ops)',
      afterSql: 'create index on trickle_events_log.events using gin (data jsonb_path_ops)',
      costMax: INDEX_COST_MAX,
    },
  ],
  heads: [
    { name: 'heads in 16 partitions', ...withPartitionedHeads() },
    { name: 'fillfactor 90', afterSql: changeHeads('set (fillfactor = 90)') },
    { name: 'fillfactor 100', afterSql: changeHeads('set (fillfactor = 100)') },
    {
      name: 'default autovacuum',
      afterSql: changeHeads('reset (autovacuum_vacuum_scale_factor)'),
    },
  ],
}
