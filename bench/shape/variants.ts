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

/** A parameter of the table is one of its partitions: a partitioned table has no rows of its own. */
const onPartitionsOfStreams = (change: string): string => `
  do $$
  declare
    v_partition regclass;
  begin
    for v_partition in select i.inhrelid from pg_catalog.pg_inherits i
        where i.inhparent = 'trickle_events_log.streams'::regclass loop
      execute format('alter table %s ${change}', v_partition);
    end loop;
  end $$`

/** What each part compares with the chosen form. */
export const variants: Readonly<Record<PartName, readonly Variant[]>> = {
  partitions: [1, 8, 64].map((count) => ({
    name: count === 1 ? '1 partition' : `${count} partitions`,
    ...withPartitions(count),
  })),
  indexes: [
    { name: 'without BRIN on recorded_at', afterSql: 'drop index trickle_events_log.events_recorded_at' },
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
    { name: 'fillfactor 90', afterSql: onPartitionsOfStreams('set (fillfactor = 90)') },
    { name: 'fillfactor 100', afterSql: onPartitionsOfStreams('set (fillfactor = 100)') },
    {
      name: 'default autovacuum',
      afterSql: onPartitionsOfStreams('reset (autovacuum_vacuum_scale_factor)'),
    },
  ],
}
