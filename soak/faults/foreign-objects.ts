import { Client } from 'pg'

/** Key of an advisory lock. While a session holds it, no refresh can end. The log uses other lock classes. */
const GATE = 7_311_970
export const CLOSE_GATE = `select pg_advisory_lock(${GATE})`
export const OPEN_GATE = `select pg_advisory_unlock(${GATE})`

/**
 * The objects of the foreign work, in a schema of their own that has nothing to do with the log. The view and the index
 * are slow because they sleep. So they hold a transaction id as long as large ones would, but use no processor time.
 */
const OBJECTS = `
  create schema soak_foreign;
  create table soak_foreign.notes (id int);
  create table soak_foreign.pace (refresh_seconds float not null);
  insert into soak_foreign.pace values (0);
  create table soak_foreign.source as select id from generate_series(1, 40) as id;
  create function soak_foreign.take(p_seconds float) returns int language plpgsql volatile
    as $$ begin perform pg_sleep(p_seconds); perform pg_advisory_xact_lock_shared(${GATE}); return 1; end $$;
  create function soak_foreign.slowly(p_id int) returns int language plpgsql immutable
    as $$ begin perform pg_sleep(0.02); return p_id; end $$;
  create materialized view soak_foreign.report as
    select s.id, p.taken from soak_foreign.source s, (select soak_foreign.take(refresh_seconds) as taken from soak_foreign.pace) p;
  create unique index report_id on soak_foreign.report (id)`

export const REFRESH = 'refresh materialized view concurrently soak_foreign.report'
export const BUILD_INDEX = 'create index slow_index on soak_foreign.source (soak_foreign.slowly(id))'
export const DROP_INDEX = 'drop index soak_foreign.slow_index'
export const WRITE = 'insert into soak_foreign.notes values (1)'

/** Makes the objects in one database. @param refreshSeconds how long each refresh takes from now on */
export async function makeForeignObjects(adminUrl: string, refreshSeconds: number): Promise<void> {
  const client = await connectAdmin(adminUrl)
  try {
    await client.query(OBJECTS)
    await client.query('update soak_foreign.pace set refresh_seconds = $1', [refreshSeconds])
  } finally {
    await client.end()
  }
}

export async function connectAdmin(adminUrl: string): Promise<Client> {
  const client = new Client({ connectionString: adminUrl })
  client.on('error', () => {})
  await client.connect()
  return client
}
