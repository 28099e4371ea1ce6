-- Every running transaction id, judged as in feed_horizon() and from one read of the lock table: 'appender' (it has a
-- lock row, and its owner holds or awaits a lock of our class), 'foreign' (proven to be no appender) or 'unproven' (no
-- lock row, which proves nothing; also the caller's own id, which stops feed_horizon() in any case). Appenders and
-- unproven ones hold the feed. The snapshot must be older than the read of the lock table. It lists no id above the
-- newest that has ended, so such ids come from the lock rows, without subtransactions. The sessions are looked up
-- afterwards, and their state is shown only while the session still has this id. Logins without pg_read_all_stats see
-- who and where, but not what and since when.
create or replace function trickle_events_log.running_transactions(p_snapshot pg_snapshot)
  returns table (id xid8, kind text, pid int, login text, application text, database text, state text,
    since timestamptz, prepared_as text)
  language sql volatile
  as $$
  with locks as materialized (
    select l.locktype, l.pid, l.virtualtransaction, n.next + (l.transactionid::text::bigint - n.next % 4294967296
          + 6442450944) % 4294967296 - 2147483648 as id -- the 64-bit id that is nearest to the next one
      from pg_locks l cross join (select pg_snapshot_xmax(p_snapshot)::text::bigint as next) n
      where (l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted)
         or (l.locktype = 'advisory' and l.classid = trickle_events_log.lock_class()::oid and l.objsubid = 2
             and l.database = (select d.oid from pg_database d where d.datname = current_database()))),
  ours as materialized (
    select l.pid, l.virtualtransaction from locks l where l.locktype = 'advisory'),
  owners as materialized (
    select l.id::text::xid8 as id, min(l.pid) as pid, bool_or(l.id = l.first_id) as is_top,
        bool_and(exists (select from ours o where o.pid = l.pid)
          or exists (select from ours o where o.virtualtransaction = l.virtualtransaction)) as is_ours
      from (
        select t.*, min(t.id) over (partition by t.virtualtransaction) as first_id from locks t
          where t.locktype = 'transactionid') l
      group by l.id),
  running as materialized (
    select s.id from pg_snapshot_xip(p_snapshot) as s (id)
      union select o.id from owners o where o.is_top and o.id >= pg_snapshot_xmax(p_snapshot)
      union select pg_current_xact_id_if_assigned() where pg_current_xact_id_if_assigned() is not null)
  select r.id, case when o.id is null then 'unproven' when o.is_ours then 'appender'
        when r.id = pg_current_xact_id_if_assigned() then 'unproven' else 'foreign' end,
      coalesce(a.pid, o.pid), coalesce(a.usename, p.owner)::text, a.application_name,
      coalesce(a.datname, p.database)::text,
      case when p.gid is not null then 'prepared' when a.backend_xid = r.id::xid then a.state end,
      case when p.gid is not null then p.prepared when a.backend_xid = r.id::xid then a.xact_start end, p.gid
    from running r
    left join owners o on o.id = r.id
    left join pg_prepared_xacts p on p.transaction = r.id::xid
    left join lateral (
      select s.pid, s.usename, s.application_name, s.datname, s.state, s.xact_start, s.backend_xid
        from pg_stat_activity s
        where p.gid is null and (s.pid = o.pid or (o.pid is null and s.backend_xid = r.id::xid)) limit 1) a on true
$$;
alter function trickle_events_log.running_transactions owner to trickle_owner;
grant execute on function trickle_events_log.running_transactions to trickle_operator;
