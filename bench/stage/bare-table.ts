import { Pool } from 'pg'
import type { QueryConfig } from 'pg'
import { withClient } from '../../database/index.ts'
import { poolLimits } from '../../shared/postgres/index.ts'

/**
 * The baseline of append, read and forwarding: a table with the columns, hash partitions, keys and indexes of
 * trickle_events_log.events, and nothing else; no row-level security, no function, no stream heads, no receipts. The
 * same logins use it, so that role defaults (time limits above all) cost both sides the same.
 */
const TABLE_SQL = `
  create schema bench_bare;
  create sequence bench_bare.event_position;
  create table bench_bare.events
    (like trickle_events_log.events including defaults including constraints including indexes)
    partition by hash (tenant_id);
  alter table bench_bare.events alter column position set default nextval('bench_bare.event_position');
  do $$ begin
    for v_remainder in 0 .. 15 loop
      execute format('create table bench_bare.events_p%s partition of bench_bare.events
        for values with (modulus 16, remainder %s) with (autovacuum_vacuum_insert_scale_factor = 0.05)',
        v_remainder, v_remainder);
    end loop;
  end $$;
  grant usage on schema bench_bare to trickle_app, trickle_forwarder;
  grant usage on sequence bench_bare.event_position to trickle_app;
  grant select, insert on bench_bare.events to trickle_app;
  grant select on bench_bare.events to trickle_forwarder`

/** Creates the table. To be called once for each server. */
export async function createBareTable(adminUrl: string): Promise<void> {
  await withClient(adminUrl, (client) => client.query(TABLE_SQL))
}

/** A usual pool of pg, which parses values itself. Its size and time limits are those of our pool. */
export function createBarePool(url: string, connectionsMax: number): Pool {
  const pool = new Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: poolLimits.acquireTimeoutMs,
    idleTimeoutMillis: poolLimits.idleTimeoutMs,
    maxLifetimeSeconds: poolLimits.lifetimeSecondsMax,
    query_timeout: poolLimits.queryTimeoutMs,
    keepAlive: true,
  })
  // Without a listener an idle connection that ends would end the process.
  pool.on('error', () => {})
  return pool
}

export const STATEMENT_MODES = ['unnamed', 'named'] as const
export type StatementMode = (typeof STATEMENT_MODES)[number]

/** A statement in the same mode as ours. */
export function bareStatement(
  mode: StatementMode,
  name: string,
  text: string,
  values: unknown[],
): QueryConfig {
  return mode === 'named' ? { name, text, values } : { text, values }
}
