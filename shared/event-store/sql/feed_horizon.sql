-- The oldest running transaction id that is not PROVEN to be foreign (no append's): feeds read below it and so never
-- skip an event (the argument, the traps and the stress figures are in docs/event-log.md). Proven means: its
-- transactionid lock is in the lock table, and neither its pid nor its virtual transaction holds or awaits a lock of
-- our class. An id without such a row proves nothing and holds the horizon: its transaction may not have locked it yet.
create or replace function trickle_events_log.feed_horizon() returns xid8
  language plpgsql volatile
  as $$
declare
  v_snapshot pg_snapshot;
  v_horizon xid8;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the feed must be read in READ COMMITTED' using errcode = 'TK003';
  end if;
  -- A standby knows neither the primary's locks nor its running ids. This is checked before the snapshot is taken.
  if pg_is_in_recovery() then
    return pg_snapshot_xmin(pg_current_snapshot());
  end if;
  v_snapshot := pg_current_snapshot();
  if pg_snapshot_xmin(v_snapshot) = pg_snapshot_xmax(v_snapshot) then
    return pg_snapshot_xmax(v_snapshot);
  end if;
  with locks as materialized ( -- one read of the lock table: two reads could miss a lock that moves between them
    select l.locktype, l.transactionid, l.pid, l.virtualtransaction from pg_locks l
      where (l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted)
         or (l.locktype = 'advisory' and l.classid = trickle_events_log.lock_class()::oid and l.objsubid = 2
             and l.database = (select d.oid from pg_database d where d.datname = current_database()))),
  ours as materialized (
    select l.pid, l.virtualtransaction from locks l where l.locktype = 'advisory'),
  foreign_ids as materialized (
    select l.transactionid as id from locks l
      where l.locktype = 'transactionid'
        and not exists (select from ours o where o.pid = l.pid)
        and not exists (select from ours o where o.virtualtransaction = l.virtualtransaction))
  select min(r.id) into v_horizon from pg_snapshot_xip(v_snapshot) as r (id)
    where r.id::xid not in (select f.id from foreign_ids f);
  return least(v_horizon, pg_snapshot_xmax(v_snapshot), pg_current_xact_id_if_assigned());
end $$;
alter function trickle_events_log.feed_horizon owner to trickle_owner;
grant execute on function trickle_events_log.feed_horizon
  to trickle_app, trickle_worker, trickle_forwarder, trickle_operator;
